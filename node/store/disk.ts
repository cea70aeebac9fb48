import { open, statfs } from 'node:fs/promises'

/** How much room a folder's file system has. */
export interface Disk {
  space(folder: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>
}

/** `statfs(2)`: what an unprivileged process may still write. */
export const localDisk: Disk = {
  async space(folder) {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  },
}

/** Free space below which writes are refused: 64 MB, on a small disk 1 % of it. */
export const freeFloorBytes = (totalBytes: number): number => Math.min(64 * 1024 * 1024, Math.floor(totalBytes / 100))

/** fsync of a folder: names of files made or linked in it are on disk after. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
