import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { equalBytes } from '../../spec/bytes.ts'
import type { Sha256 } from '../../spec/crypto.ts'
import { HearthError } from '../../spec/errors.ts'
import { syncFolder } from '../store/disk.ts'
import { digestBytes, positionBytes } from './keys.ts'
import { readPosition } from './runs.ts'

/** What the log had reached: `digest` covers every event up to `position`. */
export interface Mark {
  readonly position: number
  readonly digest: Uint8Array
}

/** Kept outside the store, so that a store that lost its end is noticed. */
export interface HighWater {
  read(): Promise<Mark | undefined>
  /** Resolves after the fsync. */
  write(mark: Mark): Promise<void>
  /** Forgets what was marked before, even if it was further on. */
  reset(mark: Mark): Promise<void>
}

export const createMemoryHighWater = (): HighWater => {
  let mark: Mark | undefined
  return {
    read: async () => mark,
    async write(next) {
      mark = next
    },
    async reset(next) {
      mark = next
    },
  }
}

/** Two slots, written by turns, so that a torn write leaves the other. */
const slotBytes = positionBytes + digestBytes + 8

/** The mark in a file of two fixed slots. `read` throws CORRUPT when neither reads. */
export function createHighWaterFile({ hash }: { hash: Sha256 }, { path }: { path: string }): HighWater {
  let turn = 0
  /** The file's own name is on disk. */
  let known = false

  const encode = ({ position, digest }: Mark): Buffer => {
    const slot = Buffer.alloc(slotBytes)
    slot.writeUIntBE(position, 0, positionBytes)
    slot.set(digest, positionBytes)
    slot.set(hash(slot.subarray(0, positionBytes + digestBytes)).subarray(0, 8), positionBytes + digestBytes)
    return slot
  }

  const decode = (slot: Uint8Array): Mark | undefined => {
    if (slot.length !== slotBytes) return undefined
    const mark = { position: readPosition(slot, 0), digest: slot.slice(positionBytes, positionBytes + digestBytes) }
    return equalBytes(encode(mark), slot) ? mark : undefined
  }

  const put = async (slots: Buffer, at: number): Promise<void> => {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      await file.write(slots, 0, slots.length, at)
      await file.datasync()
    } finally {
      await file.close()
    }
    if (!known) await syncFolder(dirname(path))
    known = true
  }

  return {
    async read() {
      const file = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!file) return undefined
      const marks = [0, slotBytes].map((at) => decode(file.subarray(at, at + slotBytes)))
      const [first, second] = marks
      if (!first && !second) {
        throw new HearthError(
          'CORRUPT',
          `${path} does not read; check the data with \`hearth log verify\`, then \`hearth log accept-loss\` writes it anew`,
        )
      }
      const newest = (second?.position ?? -1) > (first?.position ?? -1) ? 1 : 0
      turn = 1 - newest
      return marks[newest]
    },

    async write(mark) {
      await put(encode(mark), turn * slotBytes)
      turn = 1 - turn
    },

    async reset(mark) {
      await put(Buffer.concat([encode(mark), encode(mark)]), 0)
    },
  }
}
