import { HearthError } from '../../../spec/errors.ts'
import type { KeyValue } from './key-value.ts'

/** Gone with the page or the process. Values pass through JSON as in the other engines, so that nothing is shared. */
export const createMemoryKeyValue = (records = new Map<string, string>()): KeyValue => {
  let isClosed = false
  const open = (): Map<string, string> => {
    if (isClosed) throw new HearthError('STORE_FAILED', 'the store is closed')
    return records
  }
  return {
    get: async (key) => {
      const text = open().get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    entries: async (prefix) =>
      [...open()]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, text]) => [key, JSON.parse(text)] as const),
    commit: async (operations) => {
      const map = open()
      for (const operation of operations) {
        if (operation.type === 'put') map.set(operation.key, JSON.stringify(operation.value))
        else map.delete(operation.key)
      }
    },
    close: async () => {
      isClosed = true
    },
  }
}
