import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { Layout } from './layout.ts'

/** What a lock file says. A pid alone may have been given to somebody else; pid and start time may not. */
const holderSchema = z.object({
  pid: z.int().min(1),
  /** Start time of the process as the kernel counts it; empty where it does not tell. */
  processStart: z.string().max(64),
  nonce: z.string().min(8).max(64),
})

type Holder = z.output<typeof holderSchema>

const attemptsMax = 5
const socketAnswerMs = 1_000

/**
 * Takes the lock of a data folder for this process. A lock that a kill left behind is taken over, by one of
 * all that try: whoever links `lock.<nonce of the dead>` first. (LevelDB's own lock, held by the kernel,
 * stays the last word.) Throws NODE_RUNNING with the pid of the holder.
 */
export const takeLock = async (layout: Layout): Promise<AsyncDisposable> => {
  const me: Holder = {
    pid: process.pid,
    processStart: (await processStart(process.pid)) ?? '',
    nonce: randomBytes(12).toString('hex'),
  }
  const mine = `${layout.lock}.${me.nonce}.mine`
  await writeSynced(mine, JSON.stringify(me))
  try {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      if (await linkIfAbsent(mine, layout.lock)) return release(layout, me)
      const holder = await readHolder(layout.lock)
      if (holder === 'gone') continue
      if (holder !== 'unreadable' && (await isAlive(holder, layout))) throw running(layout, holder.pid)
      if (await takeOver(layout, mine, holder)) return release(layout, me)
    }
  } finally {
    await rm(mine, { force: true })
  }
  throw new HearthError('NODE_RUNNING', `others are starting a node on ${layout.folder}; try again`)
}

/** The pid of the node that holds the folder; undefined: none does. */
export const lockHolder = async (layout: Layout): Promise<number | undefined> => {
  const holder = await readHolder(layout.lock)
  return typeof holder === 'object' && (await isAlive(holder, layout)) ? holder.pid : undefined
}

const running = (layout: Layout, pid: number): HearthError =>
  new HearthError(
    'NODE_RUNNING',
    `a node already runs on ${layout.folder}: pid ${pid}; stop it (kill ${pid}), or choose another folder with --data`,
  )

const release = (layout: Layout, me: Holder): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    const holder = await readHolder(layout.lock)
    if (typeof holder === 'object' && holder.nonce === me.nonce) await rm(layout.lock, { force: true })
  },
})

const takeOver = async (layout: Layout, mine: string, dead: Holder | 'unreadable'): Promise<boolean> => {
  const nonce = dead === 'unreadable' ? 'unreadable' : dead.nonce
  const token = `${layout.lock}.${nonce}`
  if (!(await linkIfAbsent(mine, token))) {
    const other = await readHolder(token)
    if (typeof other === 'object' && (await isAlive(other, layout))) throw running(layout, other.pid)
    await rm(token, { force: true })
    return false
  }
  try {
    const still = await readHolder(layout.lock)
    const same = typeof still === 'object' ? still.nonce === nonce : still === 'unreadable' && nonce === 'unreadable'
    if (!same) return false
    // A link of its own, because a rename takes its source away.
    const fresh = `${mine}.new`
    await link(mine, fresh)
    await rename(fresh, layout.lock)
    // Renaming one link of a file onto another does nothing and leaves the source.
    await rm(fresh, { force: true })
    return true
  } finally {
    await rm(token, { force: true })
  }
}

const isAlive = async (holder: Holder, layout: Layout): Promise<boolean> => {
  try {
    process.kill(holder.pid, 0)
    const start = await processStart(holder.pid)
    if (start !== undefined && holder.processStart !== '') {
      if (start === holder.processStart) return true
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true
  }
  // Not that process, or one that we cannot see (another container): the socket has the say.
  return socketAnswers(layout.adminSocket)
}

const socketAnswers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    const answer = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.setTimeout(socketAnswerMs, () => answer(false))
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })

/** Field 22 of /proc/PID/stat, counted behind the name, which may hold spaces and brackets. */
const processStart = async (pid: number): Promise<string | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

const readHolder = async (path: string): Promise<Holder | 'gone' | 'unreadable'> => {
  try {
    const parsed = holderSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data : 'unreadable'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'unreadable'
  }
}

const linkIfAbsent = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new HearthError('STORE_FAILED', `cannot lock the data folder: ${to} (${String(error)})`, { cause: error })
  }
}

const writeSynced = async (path: string, content: string): Promise<void> => {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}
