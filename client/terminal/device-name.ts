import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import { configFolder } from './remembered.ts'

export interface DeviceName extends AsyncDisposable {
  /** `myhost-chat`, or `myhost-chat-2` while another terminal holds that. */
  readonly device: string
}

/** As many terminals as the node allows devices. */
const slotsMax = 20

/**
 * A device name that stays the same from one start to the next, and that no other running chat of this login
 * holds: a second connection with the same client id would end the first (MQTT-3.1.4-3).
 */
export const takeDeviceName = async (
  env: Readonly<Record<string, string | undefined>>,
  { node, user }: { readonly node: string; readonly user: string },
): Promise<DeviceName> => {
  const folder = join(configFolder(env), 'running')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const login = createHash('sha256').update(`${node}\n${user}`).digest('hex').slice(0, 16)
  for (let slot = 1; slot <= slotsMax; slot += 1) {
    const path = join(folder, `${login}-${slot}`)
    if (!(await takeSlot(path))) continue
    return {
      device: `${hostLabel()}-chat${slot === 1 ? '' : `-${slot}`}`,
      [Symbol.asyncDispose]: () => rm(path, { force: true }),
    }
  }
  throw new HearthError('DEVICE_LIMIT', `${slotsMax} chats of ${user} run on this machine already; close one`)
}

/** Of this machine, in the letters of a device name. */
export const hostLabel = (): string =>
  hostname()
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 48) || 'terminal'

const takeSlot = async (path: string): Promise<boolean> => {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(String(process.pid))
      await file.close()
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (isRunning(Number(await readFile(path, 'utf8').catch(() => '0')))) return false
      await rm(path, { force: true })
    }
  }
  return false
}

const isRunning = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
