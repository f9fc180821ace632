import { describeAdapter } from "@jobyard/core/testing";
import { openBench } from "./bench.ts";

describeAdapter("sqlite", openBench);
