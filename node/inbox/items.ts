/** The durable inbox: entries of each person by number, and how far the log was read for mentions (INBOX-10 to INBOX-12). */
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import { isEventId } from '../../spec/event-id.ts'
import { isChannelId } from '../../spec/identifiers.ts'
import type { ChannelId, EventId, UserName } from '../../spec/ids.ts'
import { itemKind } from '../../spec/inbox.ts'
import { limits } from '../../spec/limits.ts'
import { prefixEnd } from '../store/bytes.ts'
import type { Operation, Store } from '../store/store.ts'

const itemRow = z.strictObject({
  kind: itemKind,
  time: z.number().int(),
  channel: z.custom<ChannelId>(isChannelId).optional(),
  event: z.custom<EventId>(isEventId).optional(),
  from: z.strictObject({ address: z.string(), name: z.string() }).optional(),
  /** At most one entry of a person has it. */
  key: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  /** A request that still waits and is not to be shown: kept so that it does not come back. */
  dismissed: z.literal(true).optional(),
})
/** As stored. Of a message its id only: the text is read from the log, where it may be deleted. */
export type ItemRow = z.output<typeof itemRow>

const markRow = z.strictObject({ position: z.number().int(), next: z.number().int() })

export interface Numbered {
  readonly id: number
  readonly row: ItemRow
}

export interface Items {
  /** The log was read up to here. */
  readonly position: number
  /** All or nothing, with the position; ids ascend over all users. Resolves after the fsync. Throws what the store throws. */
  add(rows: readonly { readonly user: UserName; readonly row: ItemRow }[], position?: number): Promise<number[]>
  /** Ascending id, at most `limits.inboxItemsMax`: the newest. */
  list(user: UserName): Promise<Numbered[]>
  /** They stay, marked as dismissed. Returns those that were not before. */
  hide(user: UserName, isHidden: (item: Numbered) => boolean): Promise<number[]>
  /** Returns what was there. */
  remove(user: UserName, isGone: (item: Numbered) => boolean): Promise<number[]>
  /** Writes the position down when it is more than `stepsMax` ahead of what is on disk; undefined: not yet. */
  note(position: number, stepsMax?: number): Promise<void> | undefined
}

/** Reads where it left off. Throws CORRUPT, or what the store throws. */
export const openItems = async (store: Pick<Store, 'get' | 'entries' | 'commit'>): Promise<Items> => {
  const found = await store.get(markKey)
  const mark = found === undefined ? { position: 0, next: 1 } : markRow.parse(parse(found, 'the inbox'))
  let { position, next } = mark
  let written = position
  /** Entries added since the user's inbox was last cut to size. */
  const added = new Map<UserName, number>()

  const markAt = (to: number): Operation => ({
    type: 'put',
    key: markKey,
    value: Buffer.from(JSON.stringify({ position: to, next })),
  })

  const list = async (user: UserName): Promise<Numbered[]> => {
    const prefix = prefixOf(user)
    const all = await store.entries({ gte: prefix, lt: prefixEnd(prefix), reverse: true })
    const surplus = all.splice(limits.inboxItemsMax)
    if (surplus.length > 0) await store.commit(surplus.map(([key]) => ({ type: 'del', key })))
    added.delete(user)
    return all.toReversed().map(([key, value]) => ({
      id: Number.parseInt(Buffer.from(key).toString('latin1', prefix.length), 16),
      row: itemRow.parse(parse(value, `the inbox of ${user}`)),
    }))
  }

  /** An inbox that nobody opens is cut to size now and then. */
  const count = async (user: UserName): Promise<void> => {
    const since = (added.get(user) ?? 0) + 1
    added.set(user, since)
    if (since >= surplusMax) await list(user)
  }

  return {
    get position() {
      return position
    },
    list,
    add: async (rows, to = position) => {
      const ids = rows.map(() => next++)
      const puts = rows.map(({ user, row }, index): Operation => ({
        type: 'put',
        key: keyOf(user, ids[index] ?? 0),
        value: Buffer.from(JSON.stringify(row)),
      }))
      const reached = Math.max(position, to)
      await store.commit([...puts, markAt(reached)])
      position = Math.max(position, reached)
      written = position
      for (const { user } of rows) await count(user)
      return ids
    },
    hide: async (user, isHidden) => {
      const hidden = (await list(user)).filter((item) => item.row.dismissed !== true && isHidden(item))
      const puts = hidden.map(({ id, row }): Operation => ({
        type: 'put',
        key: keyOf(user, id),
        value: Buffer.from(JSON.stringify({ ...row, dismissed: true })),
      }))
      if (puts.length > 0) await store.commit(puts)
      return hidden.map(({ id }) => id)
    },
    remove: async (user, isGone) => {
      const gone = (await list(user)).filter(isGone).map(({ id }) => id)
      if (gone.length > 0) await store.commit(gone.map((id) => ({ type: 'del', key: keyOf(user, id) })))
      return gone
    },
    note: (to, stepsMax = 5_000) => {
      position = Math.max(position, to)
      if (position - written < stepsMax) return undefined
      return store.commit([markAt(position)]).then(() => {
        written = position
      })
    },
  }
}

const surplusMax = 100

const markKey = Buffer.from('r/inbox-mark')
const prefixOf = (user: UserName): Buffer => Buffer.from(`r/inbox/${user}/`)
const keyOf = (user: UserName, id: number): Buffer =>
  Buffer.concat([prefixOf(user), Buffer.from(id.toString(16).padStart(12, '0'))])

const parse = (value: Uint8Array, what: string): unknown => {
  try {
    return JSON.parse(Buffer.from(value).toString('utf8'))
  } catch (cause) {
    throw new HearthError('CORRUPT', `the record of ${what} does not read; restore it from a backup`, { cause })
  }
}
