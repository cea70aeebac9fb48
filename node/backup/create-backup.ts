import { constants } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import type { BackupAdmin, BackupReport, Progress } from '../admin/components.ts'
import { writeWhole } from '../data-folder/data-folder.ts'
import type { Layout } from '../data-folder/layout.ts'
import { describeFile, manifestName } from './manifest.ts'
import type { Manifest } from './manifest.ts'

export interface BackupComponents {
  readonly layout: Layout
  /** Runs `work` while no write is in flight or starts. */
  hold<T>(work: () => Promise<T>): Promise<T>
  /** Last durable position. */
  position(): number
  readonly clock: { now(): number }
}

const attemptsMax = 5

/** Backups of a running node. Writes wait for the few milliseconds in which files are linked and the tail is copied. */
export const createBackups = (components: BackupComponents): BackupAdmin => ({
  create: async (to, { progress, signal }) => {
    await makeFolder(to)
    try {
      return await fill(to, components, { progress, signal })
    } catch (error) {
      await rm(to, { recursive: true, force: true })
      throw error
    }
  },
})

const fill = async (
  to: string,
  components: BackupComponents,
  how: { readonly progress: (progress: Progress) => void; readonly signal: AbortSignal },
): Promise<BackupReport> => {
  const { layout, clock } = components
  const at = await snapshot(layout, to, components)
  await copyFolder(layout.keys, join(to, 'keys'))
  await copyFolder(layout.tls, join(to, 'tls'))
  await copyIfThere(layout.config, join(to, basename(layout.config)))

  const paths = await filesIn(to)
  const files: Manifest['files'] = []
  for (const path of paths) {
    how.signal.throwIfAborted()
    how.progress({ done: files.length, total: paths.length, text: 'hashing' })
    files.push(await describeFile(to, path))
  }
  const manifest: Manifest = { format: 1, createdAt: clock.now(), position: at, files }
  await syncAll(to, paths)
  await writeWhole(join(to, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
  return {
    path: to,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files: files.length,
    position: at,
  }
}

/**
 * The store and its high-water mark as of one moment: tables never change, so they are linked; the tail is copied.
 * A compaction in the background may still exchange files; the manifest of LevelDB tells, and it is done again.
 */
const snapshot = async (
  layout: Layout,
  to: string,
  components: Pick<BackupComponents, 'hold' | 'position'>,
): Promise<number> => {
  const store = join(to, 'store')
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    await rm(store, { recursive: true, force: true })
    await mkdir(store, { mode: 0o700 })
    const at = await components.hold(async () => {
      const before = await levelManifest(layout.store)
      // The mark comes first: it may be behind the store, and never ahead of it.
      await copyIfThere(layout.highWater, join(to, basename(layout.highWater)))
      const reached = components.position()
      const complete = await copyStore(layout.store, store)
      return complete && (await levelManifest(layout.store)) === before ? reached : undefined
    })
    if (at !== undefined) return at
  }
  throw new HearthError('STORE_FAILED', 'the store was reorganised all the while; try the backup again')
}

const copyStore = async (from: string, to: string): Promise<boolean> => {
  for (const name of await readdir(from)) {
    if (name === 'LOCK' || name === 'LOG' || name === 'LOG.old') continue
    const isTable = name.endsWith('.ldb') || name.endsWith('.sst')
    try {
      if (isTable) await linkOrCopy(join(from, name), join(to, name))
      else await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }
  return true
}

const linkOrCopy = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK' && code !== 'ENOTSUP') throw error
    await copyFile(from, to, constants.COPYFILE_FICLONE)
  }
}

/** Which files LevelDB counts as its own: the name of its manifest, and how long it is. */
const levelManifest = async (store: string): Promise<string> => {
  const name = (await readFile(join(store, 'CURRENT'), 'utf8')).trim()
  return `${name} ${(await stat(join(store, name))).size}`
}

const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    if (code === 'EEXIST')
      throw new HearthError('EXISTS', `${folder} is there already; name a new folder`, { cause: error })
    throw new HearthError('STORE_FAILED', `cannot make the folder ${folder} (${code})`, { cause: error })
  }
}

const copyFolder = async (from: string, to: string): Promise<void> => {
  const names = await readdir(from).catch(() => undefined)
  if (names === undefined) return
  await mkdir(to, { mode: 0o700 })
  for (const name of names) await copyFile(join(from, name), join(to, name))
}

const copyIfThere = async (from: string, to: string): Promise<void> => {
  await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = await Promise.all(
    entries.map(async (entry) =>
      entry.isDirectory()
        ? (await readdir(join(folder, entry.name))).map((name) => `${entry.name}/${name}`)
        : [entry.name],
    ),
  )
  return nested.flat().sort()
}

/** The files, then the folders that name them. */
const syncAll = async (folder: string, paths: readonly string[]): Promise<void> => {
  const folders = new Set(paths.map((path) => join(folder, path, '..')))
  for (const path of [...paths.map((name) => join(folder, name)), ...folders, folder]) {
    const file = await open(path, 'r')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }
}
