import { appendFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { HearthError } from '../../spec/errors.ts'
import { type Disk, freeFloorBytes, localDisk } from './disk.ts'
import type { Operation, Range, Store } from './store.ts'

export interface LevelStoreInit {
  readonly folder: string
  /** Bytes of uncompressed blocks kept in memory; 64 MB. */
  readonly cacheBytes?: number
  /** Bytes in memory before they become a table; 8 MB, which costs a fifth less processor than 4 MB. More brings nothing. */
  readonly writeBufferBytes?: number
  /** Writes are refused while less is free; 64 MB, or 1 % of a disk smaller than 6.4 GB. */
  readonly freeFloorBytes?: number
  /** False in bulk imports into a folder that nobody trusts yet. */
  readonly sync?: boolean
}

export interface LevelStore extends Store {
  readonly folder: string
  /** Runs `work` while no write is in flight or starts: for backups. Keep it short, appends wait. */
  hold<T>(work: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly operations: readonly Operation[]
  resolve(): void
  reject(reason: unknown): void
}

type Engine = ClassicLevel<Uint8Array, Uint8Array>

/** How long an answer about free space is believed, in ms and in bytes written since. */
const probeEveryMs = 1_000
const probeEveryBytes = 8 * 1024 * 1024

/**
 * Opens the LevelDB store in a folder, which it makes. Throws HearthError NODE_RUNNING when another
 * process holds it, CORRUPT when LevelDB says so, DISK_FULL or STORE_FAILED otherwise.
 */
export async function createLevelStore(
  components: { readonly disk?: Disk; readonly clock: { now(): number } },
  init: LevelStoreInit,
): Promise<LevelStore> {
  const db: Engine = new ClassicLevel(init.folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: true,
    writeBufferSize: init.writeBufferBytes ?? 8 * 1024 * 1024,
    cacheSize: init.cacheBytes ?? 64 * 1024 * 1024,
    maxOpenFiles: 4_000,
  })
  try {
    await db.open()
  } catch (error) {
    throw named(error)
  }
  return new OpenLevelStore(db, components.disk ?? localDisk, components.clock, init, await dropped(init.folder))
}

class OpenLevelStore implements LevelStore {
  readonly folder: string
  readonly #db: Engine
  readonly #disk: Disk
  readonly #clock: { now(): number }
  readonly #init: LevelStoreInit
  #damage: readonly string[]
  #waiting: Waiting[] = []
  #draining: Promise<void> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #reopening: Promise<void> | undefined
  #failed = false
  #closed = false
  #probedAt = Number.NEGATIVE_INFINITY
  #bytesSinceProbe = 0

  constructor(db: Engine, disk: Disk, clock: { now(): number }, init: LevelStoreInit, damage: readonly string[]) {
    this.folder = init.folder
    this.#db = db
    this.#disk = disk
    this.#clock = clock
    this.#init = init
    this.#damage = damage
  }

  get damage(): readonly string[] {
    return this.#damage
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#read(() => this.#db.get(key))
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#read(() => this.#db.getMany([...keys]))
  }

  entries(range: Range): Promise<[Uint8Array, Uint8Array][]> {
    return this.#read(() => this.#db.iterator(bounds(range)).all())
  }

  values(range: Range): Promise<Uint8Array[]> {
    return this.#read(() => this.#db.values(bounds(range)).all())
  }

  commit(operations: readonly Operation[]): Promise<void> {
    if (this.#closed) return Promise.reject(new HearthError('STORE_FAILED', 'the store is closed'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ operations, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  clearDamage(): Promise<void> {
    return rm(join(this.folder, damageFile), { force: true })
  }

  ready(): Promise<void> {
    return this.#exclusive(() => this.#makeReady())
  }

  hold<T>(work: () => Promise<T>): Promise<T> {
    return this.#exclusive(work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#draining
    await this.#exclusive(() => this.#db.close())
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#exclusive(async () => {
        const batch = this.#waiting
        this.#waiting = []
        try {
          await this.#write(batch)
          for (const caller of batch) caller.resolve()
        } catch (error) {
          const reason = named(error)
          for (const caller of batch) caller.reject(reason)
        }
      })
    }
    this.#draining = undefined
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (this.#failed || this.#probeIsOld()) await this.#makeReady()
    const chained = this.#db.batch()
    for (const { operations } of batch) {
      for (const operation of operations) {
        if (operation.type === 'put') {
          chained.put(operation.key, operation.value)
          this.#bytesSinceProbe += operation.key.length + operation.value.length
        } else chained.del(operation.key)
      }
    }
    try {
      await chained.write({ sync: this.#init.sync ?? true })
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  #probeIsOld(): boolean {
    const age = this.#clock.now() - this.#probedAt
    return age < 0 || age > probeEveryMs || this.#bytesSinceProbe > probeEveryBytes
  }

  async #makeReady(): Promise<void> {
    const { freeBytes, totalBytes } = await this.#disk.space(this.folder)
    const floorBytes = this.#init.freeFloorBytes ?? freeFloorBytes(totalBytes)
    if (freeBytes < floorBytes) {
      this.#probedAt = Number.NEGATIVE_INFINITY
      throw new HearthError(
        'DISK_FULL',
        `${this.folder}: ${freeBytes} bytes are free and ${floorBytes} are kept free; make room, writing then goes on by itself`,
      )
    }
    // After a failed write LevelDB's own log is in doubt, and it refuses writes until it is opened anew (storage.md).
    if (this.#failed) await (this.#reopening = this.#reopen())
    this.#probedAt = this.#clock.now()
    this.#bytesSinceProbe = 0
  }

  async #reopen(): Promise<void> {
    try {
      await this.#db.close()
      await this.#db.open()
      this.#damage = await dropped(this.folder)
      this.#failed = false
    } catch (error) {
      throw named(error)
    } finally {
      this.#reopening = undefined
    }
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.#reopening
      try {
        return await read()
      } catch (error) {
        if (!this.#reopening) throw named(error)
      }
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work)
    this.#turn = run.catch(() => undefined)
    return run
  }
}

const bounds = ({ gte, lt, reverse, limit }: Range) => ({
  gte,
  lt,
  reverse: reverse ?? false,
  limit: limit ?? -1,
  fillCache: true,
  highWaterMarkBytes: 1024 * 1024,
})

const damageFile = 'DAMAGE'

/** LevelDB tells of records that it threw away in its `LOG` file only, and only at this opening: so it is written down. */
async function dropped(folder: string): Promise<string[]> {
  const lines = async (name: string): Promise<string[]> =>
    (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
  const fresh = (await lines('LOG')).filter((line) => /dropping|corruption|ignoring error/i.test(line))
  if (fresh.length > 0) await appendFile(join(folder, damageFile), `${fresh.join('\n')}\n`)
  return lines(damageFile)
}

function named(error: unknown): HearthError {
  if (error instanceof HearthError) return error
  const causes = [...causesOf(error)]
  const message = causes.map((cause) => cause.message).join(': ')
  if (/no space left|quota exceeded/i.test(message)) return new HearthError('DISK_FULL', message, { cause: error })
  if (causes.some((cause) => 'code' in cause && cause.code === 'LEVEL_LOCKED')) {
    return new HearthError('NODE_RUNNING', message, { cause: error })
  }
  // A table that was cut reads as EINVAL from mmap.
  if (/corruption|\.ldb: Invalid argument/i.test(message)) {
    return new HearthError('CORRUPT', `${message}; restore a backup: hearth backup restore`, { cause: error })
  }
  return new HearthError('STORE_FAILED', message, { cause: error })
}

function* causesOf(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause
}
