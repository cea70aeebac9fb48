import { chmod, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import { layoutOf } from './layout.ts'
import type { Layout } from './layout.ts'
import { takeLock } from './lock.ts'

export interface DataFolder extends AsyncDisposable {
  readonly layout: Layout
  /** Writes `status.json` whole or not at all. */
  publishStatus(status: object): Promise<void>
}

/**
 * Makes the folder where it is missing (mode 0700), and locks it for this process. Throws NODE_RUNNING with
 * the pid of the holder, STORE_FAILED where the folder cannot be used. Disposing gives the lock back.
 */
export const openDataFolder = async (folder: string, layout: Layout = layoutOf(folder)): Promise<DataFolder> => {
  await makePrivateFolder(folder, stat)
  // In a folder where everybody may make links, one that leads elsewhere is not followed.
  if (dirname(layout.adminSocket) !== folder) await makePrivateFolder(dirname(layout.adminSocket), lstat)
  const lock = await takeLock(layout)
  return {
    layout,
    publishStatus: (status) => writeWhole(layout.status, `${JSON.stringify(status, null, 2)}\n`),
    [Symbol.asyncDispose]: async () => {
      await rm(layout.status, { force: true })
      await lock[Symbol.asyncDispose]()
    },
  }
}

/** Text of `status.json`, or undefined when no node runs. What is in it may be out of date after a kill. */
export const readStatus = async (layout: Layout): Promise<string | undefined> =>
  readFile(layout.status, 'utf8').catch(() => undefined)

/** A folder that only its owner enters. Refuses one of somebody else's: the socket there would be theirs. */
const makePrivateFolder = async (folder: string, look: typeof lstat): Promise<void> => {
  try {
    await makeFolders(folder)
    const found = await look(folder)
    if (!found.isDirectory()) throw new HearthError('STORE_FAILED', `${folder} is no folder; remove it, or set TMPDIR`)
    const uid = process.getuid?.() ?? found.uid
    if (found.uid !== uid && uid !== 0) {
      throw new HearthError(
        'STORE_FAILED',
        `${folder} belongs to another user (uid ${found.uid}); use a folder of yours`,
      )
    }
    if ((found.mode & 0o077) !== 0) await chmod(folder, 0o700)
  } catch (error) {
    if (error instanceof HearthError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new HearthError('STORE_FAILED', `cannot use the folder ${folder} (${code}); choose another with --data`, {
      cause: error,
    })
  }
}

/** Not `recursive: true`, which never returns where a parent exists and takes no folders, as in /proc. */
const makeFolders = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolders(dirname(folder))
    await mkdir(folder, { mode: 0o700 })
  }
}

/** Write, fsync, rename: a reader sees the old file or the new one. */
export const writeWhole = async (path: string, content: string, mode = 0o600): Promise<void> => {
  const fresh = `${path}.${process.pid}.new`
  const file = await open(fresh, 'w', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(fresh, path)
}
