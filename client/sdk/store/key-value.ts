/** Where the offline store keeps its records: a sorted map of JSON with atomic batches. One suite runs on every engine. */
export type KeyValueOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string }

export interface KeyValue {
  /** Undefined for what is not there, or is no JSON any more. */
  get(key: string): Promise<unknown>
  /** Whatever begins with the prefix, ascending by key. */
  entries(prefix: string): Promise<(readonly [key: string, value: unknown])[]>
  /** All of it or nothing. Rejects with HearthError STORE_FAILED. */
  commit(operations: readonly KeyValueOperation[]): Promise<void>
  close(): Promise<void>
}

/** The first text after all that begin with the prefix: keys are ASCII. */
export const afterPrefix = (prefix: string): string => `${prefix}\u007f`
