import { equalBytes } from '../../spec/bytes.ts'
import { HearthError } from '../../spec/errors.ts'
import { decodeSeal, verifySeal, type Seal } from '../../spec/seal.ts'
import type { StoredEvent } from './event-reader.ts'
import type { Feed } from './feed-table.ts'
import { positionBytes, sealKey } from './keys.ts'
import { readPosition } from './runs.ts'
import type { Report, VerifyParts } from './walk.ts'

/** One feed, as its events come by in ascending order. */
export class Chain {
  seq: number
  hash: Uint8Array
  readonly #parts: VerifyParts
  readonly #feed: Feed
  readonly #report: Report
  #seals: Seal[] = []
  #sealsFrom: number | undefined

  constructor(parts: VerifyParts, feed: Feed, report: Report) {
    this.#parts = parts
    this.#feed = feed
    this.#report = report
    this.seq = feed.storedFloor - 1
    this.hash = feed.storedFloorPrev
    this.#sealsFrom = feed.channel.begins === undefined ? 0 : feed.storedFloor
  }

  add({ entry, prevHash, hash }: StoredEvent): void {
    const where = { channel: entry.channel, feed: entry.feed, seq: entry.seq, event: entry.id }
    const place = `channel ${entry.channel}, feed ${entry.feed}`
    if (entry.seq !== this.seq + 1) {
      const what = `${place}: events ${this.seq + 1} to ${entry.seq - 1} are missing`
      this.#report({ kind: 'chain', ...where, seq: this.seq + 1, what })
    } else if (!equalBytes(prevHash, this.hash)) {
      this.#report({ kind: 'chain', ...where, what: `${place}: event ${entry.seq} is not linked to the one before it` })
    }
    if (!entry.id.endsWith(this.#feed.tail)) {
      this.#report({
        kind: 'chain',
        ...where,
        what: `${place}: the id of event ${entry.seq} was not made by this feed`,
      })
    }
    this.seq = entry.seq
    this.hash = hash
  }

  /** SEAL-5, for the seals of this event's number. */
  async checkSeal({ entry, hash }: StoredEvent): Promise<void> {
    if (this.#seals.length === 0 && this.#sealsFrom !== undefined) await this.#readSeals(this.#sealsFrom)
    while ((this.#seals[0]?.seq ?? Number.POSITIVE_INFINITY) < entry.seq) {
      this.#reportSeal(this.#seals.shift()?.seq ?? 0, 'is over an event that is not here')
    }
    if (this.#seals[0]?.seq !== entry.seq) return
    const seal = this.#seals.shift()
    if (!seal) return
    const { keys } = this.#parts
    const { node } = this.#feed.origin
    const publicKeys = keys.publicKeysOf?.(node) ?? (node === keys.nodeId ? [keys.publicKey] : [])
    const signed = (key: Uint8Array): boolean =>
      verifySeal(this.#parts.hash, keys.verify, key, { feed: this.#feed.id, seal })
    if (!equalBytes(seal.hash, hash)) this.#reportSeal(seal.seq, 'is over another event')
    else if (publicKeys.length > 0 && !publicKeys.some(signed)) this.#reportSeal(seal.seq, 'does not verify')
  }

  async #readSeals(from: number): Promise<void> {
    const limit = 256
    const lt = sealKey(this.#feed.bytes, this.#feed.stored.seq + 1)
    const stored = await this.#parts.store.entries({ gte: sealKey(this.#feed.bytes, from), lt, limit })
    for (const [key, value] of stored) {
      const seq = readPosition(key, key.length - positionBytes)
      this.#sealsFrom = seq + 1
      try {
        const seal = decodeSeal(value)
        if (seal.seq === seq) this.#seals.push(seal)
        else this.#reportSeal(seq, `says ${seal.seq}`)
      } catch (error) {
        if (!(error instanceof HearthError)) throw error
        this.#reportSeal(seq, 'does not decode')
      }
    }
    if (stored.length < limit) this.#sealsFrom = undefined
  }

  #reportSeal(seq: number, what: string): void {
    const { id, channel } = this.#feed
    this.#report({
      kind: 'seal',
      channel: channel.id,
      feed: id,
      seq,
      what: `channel ${channel.id}, feed ${id}: the seal of event ${seq} ${what}`,
    })
  }
}
