/** What the node keeps of each person beside the account: read markers, when they joined, notification settings. */
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'
import type { ChannelId, EventId, ServerId, UserName } from '../../spec/ids.ts'
import { settingField, type Setting } from '../../spec/inbox.ts'
import { prefixEnd } from '../store/bytes.ts'
import type { Operation, Store } from '../store/store.ts'

export interface Person {
  readonly user: UserName
  /** Channel → marker. */
  readonly reads: ReadonlyMap<string, number>
  /** Server (or channel of none) → Unix ms: what was said before is history. */
  readonly joined: ReadonlyMap<string, number>
  /** Place → what is set there (`placeKey`). */
  readonly settings: ReadonlyMap<string, Setting>
}

/** One record; undefined takes it away. */
export type PersonChange =
  | { readonly table: 'reads' | 'joined'; readonly key: string; readonly value: number }
  | { readonly table: 'settings'; readonly key: string; readonly value: Setting | undefined }

/**
 * Read from the store when first asked for: one range for each person. Kept while connected, others as long as there
 * is room; so memory follows who is here, not who has an account.
 */
export interface People {
  get(user: UserName): Promise<Person>
  /** Undefined: not in memory. */
  peek(user: UserName): Person | undefined
  /** Those in memory who chose to hear of every message somewhere. */
  listeners(): Iterable<UserName>
  /**
   * One update of a person after the other: `decide` sees what the one before has written. Resolves after the fsync, with the
   * person as it is then. Throws what `decide` throws, DISK_FULL or STORE_FAILED, and nothing changed.
   */
  update(user: UserName, decide: (person: Person) => readonly PersonChange[]): Promise<Person>
}

export interface PeopleComponents {
  readonly store: Pick<Store, 'entries' | 'commit'>
  readonly isConnected: (user: UserName) => boolean
}

export const createPeople = ({ store, isConnected }: PeopleComponents, keptMax = 2_000): People => {
  const people = new Map<UserName, Tables>()
  const listeners = new Set<UserName>()
  const loading = new Map<UserName, Promise<Tables>>()
  const turns = new Map<UserName, Promise<unknown>>()
  /** Looked for when there are more: those who are connected may be more than `keptMax`. */
  let room = keptMax

  const load = async (user: UserName): Promise<Tables> => {
    const tables: Tables = { user, reads: new Map(), joined: new Map(), settings: new Map() }
    const prefix = keyOf(user, '')
    for (const [key, value] of await store.entries({ gte: prefix, lt: prefixEnd(prefix) })) {
      const name = Buffer.from(key).toString('utf8', prefix.length)
      readRow(tables, name, value)
    }
    keep(tables)
    makeRoom()
    return tables
  }
  const keep = (tables: Tables): void => {
    people.set(tables.user, tables)
    const hears = [...tables.settings.values()].some(({ level }) => level === 'all')
    if (hears) listeners.add(tables.user)
    else listeners.delete(tables.user)
  }
  const makeRoom = (): void => {
    if (people.size <= room) return
    for (const user of people.keys()) {
      if (people.size <= keptMax) break
      if (isConnected(user)) continue
      people.delete(user)
      listeners.delete(user)
    }
    room = Math.max(keptMax, 2 * people.size)
  }
  const get = (user: UserName): Promise<Tables> => {
    const known = people.get(user)
    if (known !== undefined) return Promise.resolve(known)
    const underWay = loading.get(user) ?? load(user).finally(() => loading.delete(user))
    loading.set(user, underWay)
    return underWay
  }

  const updateNow = async (user: UserName, decide: (person: Person) => readonly PersonChange[]): Promise<Person> => {
    const tables = await get(user)
    const changes = decide(tables)
    if (changes.length === 0) return tables
    await store.commit(changes.map((change) => operationOf(user, change)))
    for (const change of changes) apply(tables, change)
    keep(tables)
    return tables
  }

  return {
    get,
    peek: (user) => people.get(user),
    listeners: () => listeners,
    update: async (user, decide) => {
      const before = turns.get(user) ?? Promise.resolve()
      const turn = before.then(() => updateNow(user, decide))
      const settled = turn.catch(() => undefined)
      turns.set(user, settled)
      try {
        return await turn
      } finally {
        if (turns.get(user) === settled) turns.delete(user)
      }
    },
  }
}

interface Tables {
  readonly user: UserName
  readonly reads: Map<string, number>
  readonly joined: Map<string, number>
  readonly settings: Map<string, Setting>
}

const apply = (tables: Tables, { table, key, value }: PersonChange): void => {
  if (value === undefined) tables[table].delete(key)
  else if (table === 'settings') tables.settings.set(key, value)
  else tables[table].set(key, value)
}

const operationOf = (user: UserName, { table, key, value }: PersonChange): Operation => {
  const stored = keyOf(user, `${table}/${key}`)
  return value === undefined
    ? { type: 'del', key: stored }
    : { type: 'put', key: stored, value: Buffer.from(JSON.stringify(value)) }
}

const keyOf = (user: UserName, name: string): Buffer => Buffer.from(`r/person/${user}/${name}`)

const readRow = (tables: Tables, name: string, value: Uint8Array): void => {
  const slash = name.indexOf('/')
  const table = name.slice(0, slash)
  const key = name.slice(slash + 1)
  try {
    const row: unknown = JSON.parse(Buffer.from(value).toString('utf8'))
    if (table === 'settings') tables.settings.set(key, settingField.parse(row))
    else if (table === 'reads' || table === 'joined') tables[table].set(key, z.number().int().parse(row))
  } catch (cause) {
    throw new HearthError('CORRUPT', `the record ${name} of ${tables.user} does not read; restore it from a backup`, {
      cause,
    })
  }
}

/** A server, a channel, or a thread of a channel. */
export interface Place {
  readonly server?: ServerId | undefined
  readonly channel?: ChannelId | undefined
  readonly thread?: EventId | undefined
}

export const placeKey = (place: Place): string =>
  [place.server ?? place.channel, ...(place.thread === undefined ? [] : [place.thread])].join('/')
