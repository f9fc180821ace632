/**
 * What every script begins with: its keys' root, and the one clock.
 *
 * `NOW`: ms since 1970. `SLACK`: what keys that Redis itself lets expire live longer, so that they outlive a stopped
 * clock; who reads them compares instants.
 */

const ROOT = /* lua */ `
local R = KEYS[1]
local P = string.sub(R, 1, -3)
local rcall = redis.call
`;

export const serverClock: string = /* lua */ `${ROOT}
local time = rcall('TIME')
local NOW = time[1] * 1000 + math.floor(time[2] / 1000)
local SLACK = 0
`;

/** Time stands still at the instant in the key `clock`. */
export const stoppedClock: string = /* lua */ `${ROOT}
local NOW = tonumber(rcall('GET', R .. 'clock'))
local SLACK = 3600000
`;
