import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A file system of its own that a test may fill. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  freeBytes(): Promise<number>
  /** Fills it until `leaveBytes` are free. */
  fill(leaveBytes: number): Promise<void>
  /** Takes away what `fill` has put there. */
  makeRoom(): Promise<void>
}

/** Mounts a tmpfs; a text says why that cannot be done here. */
export const mountSmallDisk = async (mebibytes: number): Promise<SmallDisk | string> => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux, to mount a small tmpfs'
  const folder = await mkdtemp(join(tmpdir(), 'hearth-small-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'hearth-test', folder])
  } catch (error) {
    await rmdir(folder)
    return `mounting a tmpfs is not permitted here: ${error instanceof Error ? error.message : String(error)}`
  }
  const filler = join(folder, 'filler')
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  }
  return {
    folder,
    freeBytes,
    fill: async (leaveBytes) => {
      await using file = await open(filler, 'a')
      for (let free = await freeBytes(); free > leaveBytes; free = await freeBytes()) {
        await file.write(Buffer.alloc(Math.min(free - leaveBytes, 1024 * 1024)))
      }
    },
    makeRoom: () => rm(filler, { force: true }),
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', folder])
      await rmdir(folder)
    },
  }
}

const run = promisify(execFile)
