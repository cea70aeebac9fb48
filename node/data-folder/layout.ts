import { createHash } from 'node:crypto'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** Where everything of a node lies. Only the socket may lie elsewhere. */
export interface Layout {
  readonly folder: string
  readonly config: string
  /** LevelDB. */
  readonly store: string
  /** Heads of the feeds, outside LevelDB: shows a lost tail. */
  readonly highWater: string
  /** Root and hot key of the node. */
  readonly keys: string
  readonly tls: string
  readonly lock: string
  /** Unix socket of the command line. */
  readonly adminSocket: string
  /** Addresses and pid of the running node; absent when none runs. */
  readonly status: string
}

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with the closing NUL. */
const socketPathBytesMax = 100

/** `folder` is absolute. */
export const layoutOf = (folder: string, temporary: string = tmpdir()): Layout => ({
  folder,
  config: join(folder, 'hearth.toml'),
  store: join(folder, 'store'),
  highWater: join(folder, 'high-water'),
  keys: join(folder, 'keys'),
  tls: join(folder, 'tls'),
  lock: join(folder, 'lock'),
  adminSocket: socketPath(folder, temporary),
  status: join(folder, 'status.json'),
})

const socketPath = (folder: string, temporary: string): string => {
  const inside = join(folder, 'admin.sock')
  if (Buffer.byteLength(inside) <= socketPathBytesMax) return inside
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  return join(temporary, `hearth-${userInfo().uid}`, `${name}.sock`)
}
