import { mkdtemp, open, readFile, readdir, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { limits } from '../../../spec/limits.ts'
import { bytesText, timeText } from '../print.ts'
import { ok } from './finding.ts'
import type { DoctorFinding, Patient } from './finding.ts'

/** No release of Hearth is older than this. */
const earliest = Date.UTC(2026, 0, 1)
const mib = 1024 * 1024
/** LevelDB's tables, and sockets of the node itself. */
const ownFiles = 4_200

/** Is the wall clock sane, and not behind what was already written by it? */
export const checkClock = async ({ layout, status, now }: Patient): Promise<DoctorFinding[]> => {
  const fix = 'let NTP set the clock (timedatectl set-ntp true, or chrony)'
  const why = `messages are ordered by time, and other nodes hold what is more than ${limits.clockAheadMaxMs / 1_000} s ahead`
  if (now < earliest) {
    return [{ check: 'clock', level: 'fault', what: `the clock says ${timeText(now)}, which is too early`, why, fix }]
  }
  const newest = await newestChange(layout.store)
  const behindMs = Math.max(newest - now, status?.clockAheadMs ?? 0)
  if (behindMs > limits.clockAheadMaxMs) {
    const what = `the clock is ${Math.round(behindMs / 1_000)} s behind what this node wrote before: it was set back`
    return [{ check: 'clock', level: 'warning', what, why, fix }]
  }
  return [ok('clock', `the clock says ${timeText(now)}`)]
}

/** Is there room, and can it be written? */
export const checkDisk = async ({ config, layout }: Patient): Promise<DoctorFinding[]> => {
  const folder = await nearestFolder(layout.folder)
  const { bavail, bsize, ffree, files } = await statfs(folder)
  const freeBytes = bavail * bsize
  const floorBytes = config.diskFloorMib * mib
  const room = `${bytesText(freeBytes)} free at ${folder}`
  const fix = 'make room, or move the data folder to a larger disk; writing then goes on by itself'
  if (freeBytes < floorBytes) {
    const why = `below ${bytesText(floorBytes)} (disk-floor-mib) every write is refused`
    return [{ check: 'disk', level: 'fault', what: room, why, fix }]
  }
  if (files > 0 && ffree < 1_000) {
    const what = `${ffree} files can still be made at ${folder}`
    return [{ check: 'disk', level: 'fault', what, why: 'the store needs new files to write', fix }]
  }
  const refused = await writeError(folder)
  if (refused !== undefined) {
    const why = 'the node cannot store anything'
    const mend = 'give this user the folder (chown), or mount the disk for writing'
    return [{ check: 'disk', level: 'fault', what: `${folder} cannot be written (${refused})`, why, fix: mend }]
  }
  if (freeBytes < 8 * floorBytes) {
    const why = `at ${bytesText(floorBytes)} the node stops to take messages`
    return [{ check: 'disk', level: 'warning', what: `only ${room}`, why, fix }]
  }
  return [ok('disk', room)]
}

/** May the process hold as many files and sockets as it promises connections? */
export const checkFileLimit = async ({ config, status }: Patient): Promise<DoctorFinding[]> => {
  const limit = await fileLimit(status?.pid)
  if (limit === undefined) return [ok('files', 'this system does not tell its file limit')]
  const needed = config.connectionsMax + ownFiles
  if (limit >= needed) return [ok('files', `${limit} open files are allowed, ${needed} may be needed`)]
  return [
    {
      check: 'files',
      level: 'warning',
      what: `only ${limit} open files are allowed, and ${needed} may be needed (connections-max ${config.connectionsMax})`,
      why: 'past it new connections are refused, and the store may fail to open its files',
      fix: `raise it (ulimit -n ${needed}; with systemd LimitNOFILE=${needed}), or lower --connections-max`,
    },
  ]
}

/** The soft limit is what a running node has; of one not started the hard one, to which Node raises itself. */
const fileLimit = async (pid: number | undefined): Promise<number | undefined> => {
  const text = await readFile(`/proc/${pid ?? 'self'}/limits`, 'utf8').catch(() => '')
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/m.exec(text) ?? []
  const value = pid === undefined ? hard : soft
  if (value === undefined) return undefined
  return value === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(value)
}

const newestChange = async (folder: string): Promise<number> => {
  const names = await readdir(folder).catch(() => [])
  const times = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0),
  )
  return Math.max(0, ...times)
}

const nearestFolder = async (folder: string): Promise<string> => {
  const found = await stat(folder).catch(() => undefined)
  return found !== undefined || dirname(folder) === folder ? folder : nearestFolder(dirname(folder))
}

const writeError = async (folder: string): Promise<string | undefined> => {
  let probe: string | undefined
  try {
    probe = await mkdtemp(join(folder, '.doctor-'))
    const file = await open(join(probe, 'probe'), 'w')
    try {
      await file.writeFile('probe')
      await file.sync()
    } finally {
      await file.close()
    }
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true })
  }
}
