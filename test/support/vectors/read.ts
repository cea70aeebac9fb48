import { readFileSync } from 'node:fs'

/** A file of `spec/vectors`; its shape is the caller's word, and a wrong one fails the test. */
export const readVectors = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}.json`, import.meta.url), 'utf8'))
