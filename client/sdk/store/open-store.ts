import { createMemoryKeyValue } from './memory-key-value.ts'
import { openLevelKeyValue } from './level-key-value.ts'
import { createOfflineStore, type OfflineStore, type OfflineStoreInit } from './offline-store.ts'

/**
 * Opens the offline store of one user at one node, for `ConnectInit.store`: in Node a folder, in a browser the name of an
 * IndexedDB database. Throws HearthError STORE_FAILED, also while another process has the folder.
 */
export const openStore = async (location: string, init: OfflineStoreInit = {}): Promise<OfflineStore> =>
  createOfflineStore(await openLevelKeyValue(location), init)

/** Forgotten with the process: for tests, and where nothing may stay on the machine. */
export const memoryStore = (init: OfflineStoreInit = {}): OfflineStore =>
  createOfflineStore(createMemoryKeyValue(), init)
