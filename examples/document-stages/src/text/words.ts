/** Words and sentences, by the rules of Unicode (`Intl.Segmenter`), so that no language needs its own code. */

const wordsOf = new Intl.Segmenter("en", { granularity: "word" });
const sentencesOf = new Intl.Segmenter("en", { granularity: "sentence" });

/** Too frequent to say what a text is about: English, and German because some of the samples are. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about above after again all also an and any are as at be because been before but by can could did do does for from " +
    "had has have he her here his how i if in into is it its just like may more most must my no not of off on one only or " +
    "other our out over own she should so some such than that the their them then there these they this those to too two " +
    "under until up us was we were what when where which while who why will with would you your " +
    "aber als am an auch auf aus bei bis das dass dem den der des die ein eine einem einen einer es für hat ich im in ist " +
    "jeder mit nach nicht noch oder sich sie sind um und von vor war was wie wir wird zu zum zur"
  ).split(" "),
);

/** Every word in lower case, in order. Numbers are words. */
export function words(text: string): readonly string[] {
  const found: string[] = [];
  for (const { segment, isWordLike } of wordsOf.segment(text))
    if (isWordLike) found.push(segment.toLocaleLowerCase("en"));
  return found;
}

/** The words that say what a text is about: no stop words, no numbers, three letters or more. */
export const contentWords = (text: string): readonly string[] =>
  words(text).filter((word) => word.length > 2 && !STOP_WORDS.has(word) && !/^\p{N}/u.test(word));

/** Trimmed sentences. An empty line ends a sentence, also where the full stop is missing. */
export function sentences(text: string): readonly string[] {
  return text
    .split(/\n{2,}/)
    .flatMap((paragraph) => Array.from(sentencesOf.segment(paragraph), ({ segment }) => segment.trim()))
    .filter((sentence) => sentence !== "");
}
