/**
 * What every engine of the offline store keeps to: plain cases, so that they run under mocha and in a page of a browser
 * alike. `open` opens the same records again after a `close`; each case gets records of its own.
 */
import { createOfflineStore, type OfflineStore } from '../../../../../client/sdk/store/offline-store.ts'
import type { KeyValue } from '../../../../../client/sdk/store/key-value.ts'
import type { KeptEvent } from '../../../../../client/sdk/store/kept.ts'
import type { Outgoing } from '../../../../../client/sdk/index.ts'
import { HearthError } from '../../../../../spec/errors.ts'
import type { ChannelId, DeviceId, NodeId } from '../../../../../spec/ids.ts'
import { channelA, channelB, eventIdAt, sampleEvent } from '../../samples.ts'

export type OpenKeyValue = () => Promise<KeyValue>

export interface StoreCase {
  readonly name: string
  readonly run: (open: OpenKeyValue) => Promise<void>
}

const equal = (actual: unknown, expected: unknown): void => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`got ${a}, not ${b}`)
}
const refused = async (run: () => Promise<unknown>, code: string): Promise<void> => {
  const fault = await run().then(
    () => undefined,
    (error: unknown) => error,
  )
  equal(fault instanceof HearthError ? fault.code : fault, code)
}

const remembering = async (open: OpenKeyValue, init: Parameters<typeof createOfflineStore>[1] = {}) => {
  const store = createOfflineStore(await open(), init)
  return { store, remembered: await store.remember('alice') }
}
/** Closes, opens again. */
const again = async (store: OfflineStore, open: OpenKeyValue) => {
  await store.close()
  return remembering(open)
}
const kept = (ms: number, channel = channelA, body = `at ${ms}`): KeptEvent => ({
  event: sampleEvent({ ms, position: ms, channel, body }),
})
const outgoing = (id: string, more: Partial<Outgoing> = {}): Outgoing => ({
  id,
  channel: channelA,
  text: `say ${id}`,
  timeMs: 5,
  state: 'pending',
  ...more,
})
const bodies = (events: readonly KeptEvent[] = []): unknown[] => events.map(({ event }) => event.body)

export const storeCases: readonly StoreCase[] = [
  {
    name: 'keeps records in the order of their keys, over a restart',
    run: async (open) => {
      const first = await open()
      await first.commit([
        { type: 'put', key: 'a/2', value: { two: [2] } },
        { type: 'put', key: 'a/1', value: 'one' },
        { type: 'put', key: 'b/1', value: null },
        { type: 'put', key: 'a', value: 0 },
      ])
      await first.commit([
        { type: 'del', key: 'b/1' },
        { type: 'put', key: 'a/1', value: 'uno' },
      ])
      await first.close()
      const second = await open()
      equal(await second.entries('a/'), [
        ['a/1', 'uno'],
        ['a/2', { two: [2] }],
      ])
      equal([await second.get('b/1'), await second.get('a')], [undefined, 0])
      await second.close()
      await refused(() => second.commit([{ type: 'del', key: 'a' }]), 'STORE_FAILED')
    },
  },
  {
    name: 'belongs to one user, and to a version that is known',
    run: async (open) => {
      const { store } = await remembering(open)
      await store.close()
      const bobs = createOfflineStore(await open())
      await refused(() => bobs.remember('bob'), 'BAD_REQUEST')
      await bobs.close()
      const newer = await open()
      await newer.commit([{ type: 'put', key: 'version', value: 2 }])
      await refused(() => createOfflineStore(newer).remember('alice'), 'SCHEMA_NEWER')
      await newer.close()
    },
  },
  {
    name: 'keeps what was seen of each channel, and up to where',
    run: async (open) => {
      const { store, remembered } = await remembering(open)
      equal([remembered.cursor, await store.channel(channelA)], [undefined, undefined])
      const [one, two, three] = [kept(1), kept(2), kept(3)]
      await store.saveSeen(
        2,
        new Map([
          [channelA, { floor: '' as const, events: [one, two] }],
          [channelB, { floor: eventIdAt(1), events: [kept(1, channelB)] }],
        ]),
      )
      const edited = kept(2, channelA, 'edited')
      await store.saveSeen(
        3,
        new Map([[channelA, { floor: '' as const, events: [one, edited, { ...three, nodes: 2 }] }]]),
      )
      const next = await again(store, open)
      equal(next.remembered.cursor, 3)
      const a = await next.store.channel(channelA)
      equal([a?.floor, a?.upTo, bodies(a?.events), a?.events[2]?.nodes], ['', 3, ['at 1', 'edited', 'at 3'], 2])
      const b = await next.store.channel(channelB)
      equal([b?.floor, b?.upTo, bodies(b?.events)], [eventIdAt(1), 2, ['at 1']])
      await next.store.saveSeen(9, new Map([[channelB, undefined]]))
      const last = await again(next.store, open)
      equal([(await last.store.channel(channelA))?.upTo, (await last.store.channel(channelB))?.upTo], [3, 9])
      await last.store.forget(channelA)
      const end = await again(last.store, open)
      equal([await end.store.channel(channelA), end.remembered.cursor], [undefined, 9])
      await end.store.close()
    },
  },
  {
    name: 'is bounded: the newest events of the channels that were seen last',
    run: async (open) => {
      const { store } = await remembering(open, { eventsPerChannelMax: 3, channelsMax: 2 })
      const events = [1, 2, 3, 4, 5].map((ms) => kept(ms))
      await store.saveSeen(5, new Map([[channelA, { floor: '' as const, events }]]))
      const cut = await store.channel(channelA)
      equal([cut?.floor, bodies(cut?.events)], [eventIdAt(3), ['at 3', 'at 4', 'at 5']])
      const channelC = channelA.replace(/a$/, 'c') as ChannelId
      await store.saveSeen(6, new Map([[channelB, { floor: '' as const, events: [kept(6, channelB)] }]]))
      await store.saveSeen(7, new Map([[channelC, { floor: '' as const, events: [kept(7, channelC)] }]]))
      const next = await again(store, open)
      equal(await next.store.channel(channelA), undefined)
      equal(bodies((await next.store.channel(channelC))?.events), ['at 7'])
      await next.store.close()
      const raw = await open()
      equal((await raw.entries(`event/${channelA}/`)).length, 0)
      await raw.close()
    },
  },
  {
    name: 'keeps the outbox in the order of saying, until it is dropped',
    run: async (open) => {
      const { store } = await remembering(open)
      await Promise.all(['c', 'a', 'b'].map((id) => store.saveOutgoing(outgoing(id))))
      await store.saveOutgoing(outgoing('c', { state: 'failed', error: new HearthError('RATE_LIMITED', 'slow') }))
      await store.dropOutgoing('a')
      const { store: second, remembered } = await again(store, open)
      equal(
        remembered.outbox.map(({ id, state, error }) => [id, state, error?.code, error?.message]),
        [
          ['c', 'failed', 'RATE_LIMITED', 'slow'],
          ['b', 'pending', undefined, undefined],
        ],
      )
      await second.saveOutgoing(outgoing('d'))
      await second.dropOutgoing('b')
      const third = await again(second, open)
      equal(
        third.remembered.outbox.map(({ id }) => id),
        ['c', 'd'],
      )
      await third.store.close()
    },
  },
  {
    name: 'keeps the key of the device and notes',
    run: async (open) => {
      const { store } = await remembering(open)
      const key = {
        node: 'b'.repeat(51).concat('a') as NodeId,
        device: 'phone' as DeviceId,
        seed: 'c'.repeat(51).concat('a'),
      }
      await store.saveKey(key)
      await store.note('person/bob@home', { keys: 1 })
      await store.note('person/eve@home', { keys: 2 })
      await store.note('person/eve@home', undefined)
      const next = await again(store, open)
      equal(next.remembered.key, key)
      equal(await next.store.notes('person/'), [['person/bob@home', { keys: 1 }]])
      await next.store.close()
    },
  },
  {
    name: 'passes over a record that is damaged, and reads the others',
    run: async (open) => {
      const { store } = await remembering(open)
      await store.saveSeen(2, new Map([[channelA, { floor: '' as const, events: [kept(1), kept(2)] }]]))
      await store.saveOutgoing(outgoing('good'))
      await store.close()
      const raw = await open()
      await raw.commit([
        { type: 'put', key: `event/${channelA}/${eventIdAt(1)}`, value: { event: 'gone' } },
        { type: 'put', key: 'outbox/000000000099', value: 7 },
        { type: 'put', key: 'channel/nonsense', value: {} },
        { type: 'put', key: 'key', value: 'x' },
      ])
      await raw.close()
      const { store: next, remembered } = await remembering(open)
      equal(bodies((await next.channel(channelA))?.events), ['at 2'])
      equal([remembered.outbox.map(({ id }) => id), remembered.key], [['good'], undefined])
      await next.close()
    },
  },
]
