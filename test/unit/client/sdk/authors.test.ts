import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import nacl from 'tweetnacl'
import { createAuthors, type Authors, type ToldPerson, type Verdict } from '../../../../client/sdk/authors.ts'
import { createPinnedKeys, type PinnedPerson } from '../../../../client/sdk/pinned-keys.ts'
import { signWords, vouchSigned, type AuthorDeviceKey, type Signer, type Words } from '../../../../spec/author.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import type { EventJson } from '../../../../spec/message.ts'
import { channelB, sampleEvent } from '../samples.ts'

const nodeOf = (letter: string) => encodeBase32(new Uint8Array(32).fill(letter.charCodeAt(0))) as NodeId
const home = nodeOf('h')
const bob: Signer = { node: home, user: 'bob' as UserName }
const address = 'bob@home.example'

const device = (name: string) => {
  const pair = nacl.sign.keyPair.fromSeed(nacl.hash(new TextEncoder().encode(name)).subarray(0, 32))
  const sign = (message: Uint8Array) => nacl.sign.detached(message, pair.secretKey)
  const key = encodeBase32(pair.publicKey)
  const told = (more: Partial<AuthorDeviceKey> = {}): AuthorDeviceKey => ({ key, since: 0, ...more })
  return {
    key,
    told,
    words: (words: Words, signer = bob) => signWords(signer, words, pair.publicKey, sign),
    vouchFor: (other: string, signer = bob) => ({ by: key, value: encodeBase32(sign(vouchSigned(signer, other))) }),
  }
}
type Device = ReturnType<typeof device>
const [phone, laptop, tablet, foreign] = ['phone', 'laptop', 'tablet', 'foreign'].map(device) as [
  Device,
  Device,
  Device,
  Device,
]

/** A message that bob's device signed; `change` is what a node makes of it. */
const said = (by: Device, ms: number, change: Partial<EventJson> = {}, signer = bob): EventJson => {
  const event = sampleEvent({ ms, position: ms, clientId: `c-${ms}`, body: `said at ${ms}` })
  const signature = by.words(
    {
      kind: 'message',
      channel: event.channel,
      clientMessageId: `c-${ms}`,
      text: `said at ${ms}`,
      replyTo: undefined,
      thread: undefined,
    },
    signer,
  )
  return { ...event, signature, ...change }
}
const editedTo = (by: Device, event: EventJson, text: string, at: number): EventJson => {
  const { signature: _first, ...rest } = event
  const signature = by.words({ kind: 'edit', channel: event.channel, target: event.id, text })
  return { ...rest, body: text, edited: at, signature }
}

const createClient = (told: readonly AuthorDeviceKey[] | undefined, records = new Map<string, unknown>()) => {
  let clock = 10_000
  const state = {
    person: { member: 'a'.repeat(26), address, node: home, keys: told } as ToldPerson,
    asked: [] as boolean[],
    isAway: false,
  }
  const verify = async (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    nacl.sign.detached.verify(message, signature, key)
  const listeners = new Set<() => void>()
  const pinned = createPinnedKeys(
    { verify },
    { kept: [...records], keep: (person: string, record: PinnedPerson) => records.set(person, record) },
  )
  const authors: Authors = createAuthors({
    verify,
    now: () => clock,
    // the second look comes when the test says so, by `retry`
    delay: (_ms, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    pinned,
    ask: async (_channel, _members, fresh) => {
      state.asked.push(fresh)
      if (state.isAway) throw new Error('offline')
      return [state.person]
    },
    onVerdict: () => listeners.forEach((listener) => listener()),
  })
  /** Once all of them are looked into. */
  const verdicts = async (...events: readonly EventJson[]): Promise<(Verdict | undefined)[]> => {
    authors.look(events)
    const isDone = (): boolean => events.every((event) => authors.verdict(event) !== undefined)
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (isDone()) resolve()
      }
      listeners.add(look)
      look()
    })
    return events.map((event) => authors.verdict(event))
  }
  return { authors, state, records, verdicts, later: () => (clock += 60_000) }
}

describe('sdk: what a signature is worth', () => {
  it('SIGN-7: verified by a key of the author, unsigned without one', async () => {
    const { verdicts, authors, state } = createClient([phone.told(), laptop.told()])
    assert.deepEqual(await verdicts(said(phone, 1), said(laptop, 2)), ['verified', 'verified'])
    assert.equal(authors.verdict(sampleEvent({ ms: 3, position: 3 })), 'unsigned')
    assert.equal(authors.verdict({ ...said(phone, 1), deleted: true }), undefined)
    assert.deepEqual(state.asked, [false], 'asked once for both')
  })

  const thread = sampleEvent({ ms: 77, position: 77 }).id
  const forgeries: readonly (readonly [string, EventJson])[] = [
    ['another text', said(phone, 1, { body: 'something else' })],
    ['another client message id', said(phone, 1, { clientId: 'c-2' })],
    ['no client message id', said(phone, 1, { clientId: undefined })],
    ['put into a thread', said(phone, 1, { thread })],
    ['made an answer', said(phone, 1, { replyTo: thread })],
    ['moved to another channel', said(phone, 1, { channel: channelB })],
    ['passed off as forwarded', said(phone, 1, { forwarded: { channel: channelB, event: thread, author: address } })],
    ['passed off as an edit', said(phone, 1, { edited: 5 })],
    ['edited by the node under the first signature', said(phone, 1, { body: 'edited', edited: 5 })],
    ["another person's words", said(phone, 1, {}, { ...bob, user: 'eve' as UserName })],
    ["the words of that person's namesake elsewhere", said(phone, 1, {}, { ...bob, node: nodeOf('x') })],
    ['signed by nobody', said(phone, 1, { signature: { key: phone.key, value: encodeBase32(new Uint8Array(64)) } })],
    ['under a key that did not sign', said(phone, 1, { signature: { ...said(phone, 1).signature!, key: laptop.key } })],
    ['an edit of another message', { ...editedTo(phone, said(phone, 1), 'x', 5), id: thread }],
  ]
  for (const [what, event] of forgeries)
    it(`threat 17, SIGN-7: forged: ${what}`, async () => {
      const { verdicts } = createClient([phone.told(), laptop.told()])
      assert.deepEqual(await verdicts(event), ['forged'])
    })

  it('SIGN-7: an edit stands by its own signature', async () => {
    const { verdicts } = createClient([phone.told()])
    const message = said(phone, 1)
    assert.deepEqual(await verdicts(message), ['verified'])
    const edited = editedTo(phone, message, 'better', 5)
    assert.deepEqual(await verdicts(edited), ['verified'])
    assert.deepEqual(await verdicts({ ...edited, body: 'worse' }), ['forged'])
  })

  it('SIGN-7: one signature counts once, whichever comes first', async () => {
    const first = said(phone, 1)
    const again = { ...first, id: sampleEvent({ ms: 9, position: 9 }).id, position: 9, time: 9 }
    for (const order of [
      [first, again],
      [again, first],
    ]) {
      const { verdicts, authors } = createClient([phone.told()])
      await verdicts(...order)
      assert.deepEqual([authors.verdict(first), authors.verdict(again)], ['verified', 'forged'])
    }
  })

  it('threat 27, SIGN-7: a key signs nothing after its end, and its end cannot be taken back', async () => {
    const client = createClient([phone.told({ until: 100 })])
    assert.deepEqual(await client.verdicts(said(phone, 50), said(phone, 101)), ['verified', 'forged'])
    client.state.person = { ...client.state.person, keys: [phone.told(), laptop.told()] }
    client.later()
    assert.deepEqual(await client.verdicts(said(laptop, 60), said(phone, 102)), ['new', 'forged'])
  })

  it('threat 26, SIGN-7: a key that the node adds later is new, unless a kept one vouches for it', async () => {
    const client = createClient([phone.told()])
    assert.deepEqual(await client.verdicts(said(phone, 1)), ['verified'])
    client.later()
    const vouched = laptop.told({ vouch: phone.vouchFor(laptop.key) })
    const chained = tablet.told({ vouch: laptop.vouchFor(tablet.key) })
    const byForeign = foreign.told({ vouch: foreign.vouchFor(foreign.key) })
    client.state.person = { ...client.state.person, keys: [byForeign, chained, vouched, phone.told()] }
    assert.deepEqual(await client.verdicts(said(laptop, 2), said(tablet, 3), said(foreign, 4)), [
      'verified',
      'verified',
      'new',
    ])
    assert.equal(client.authors.accept(address, foreign.key), true)
    assert.deepEqual(await client.verdicts(said(foreign, 4)), ['verified'], 'SIGN-8')
  })

  it('SIGN-7: a voucher for another person, or from after the end of the key, is none', async () => {
    for (const [added, kept] of [
      [laptop.told({ vouch: phone.vouchFor(laptop.key, { ...bob, user: 'eve' as UserName }) }), phone.told()],
      [laptop.told({ vouch: phone.vouchFor(tablet.key) }), phone.told()],
      [laptop.told({ since: 200, vouch: phone.vouchFor(laptop.key) }), phone.told({ until: 100 })],
    ] as const) {
      const client = createClient([kept])
      await client.verdicts(said(phone, 1))
      client.later()
      client.state.person = { ...client.state.person, keys: [kept, added] }
      assert.deepEqual(await client.verdicts(said(laptop, 300)), ['new'])
    }
  })

  it('SIGN-7: what was kept counts after a restart, and offline', async () => {
    const first = createClient([phone.told()])
    await first.verdicts(said(phone, 1))
    const second = createClient([foreign.told()], first.records)
    second.state.isAway = true
    assert.deepEqual(await second.verdicts(said(phone, 1), said(foreign, 2)), ['verified', 'unknown'])
    second.state.isAway = false
    second.authors.retry()
    assert.deepEqual(await second.verdicts(said(foreign, 2)), ['new'])
  })

  it('threat 17: an address that another node claims brings no keys with it', async () => {
    const first = createClient([phone.told()])
    await first.verdicts(said(phone, 1))
    const elsewhere = { ...bob, node: nodeOf('e') }
    const second = createClient([foreign.told()], first.records)
    second.state.person = { ...second.state.person, node: elsewhere.node }
    assert.deepEqual(await second.verdicts(said(foreign, 2, {}, elsewhere)), ['new'])
  })

  it('SIGN-7: a person who gets another address stays the same', async () => {
    const client = createClient([phone.told()])
    await client.verdicts(said(phone, 1))
    const moved = 'bob@new.example'
    client.state.person = { ...client.state.person, address: moved, keys: [phone.told(), foreign.told()] }
    const author = { ...said(phone, 2).author, address: moved }
    assert.deepEqual(await client.verdicts(said(phone, 2, { author }), said(foreign, 3, { author })), [
      'verified',
      'new',
    ])
  })

  it('looks for an unknown key again, and asks once a second at most', async () => {
    const client = createClient([])
    assert.deepEqual(await client.verdicts(said(phone, 1)), ['unknown'])
    assert.deepEqual(await client.verdicts(said(phone, 2)), ['unknown'])
    assert.deepEqual(client.state.asked, [false, true])
    client.state.person = { ...client.state.person, keys: [phone.told()] }
    client.later()
    client.authors.retry()
    assert.deepEqual(await client.verdicts(said(phone, 1), said(phone, 2)), ['verified', 'verified'])
    assert.deepEqual(client.state.asked, [false, true, true])
  })

  it('comes to the same verdict whatever is said about whom in which order', async () => {
    const message = said(phone, 1)
    const others = [said(laptop, 2), said(foreign, 3), said(phone, 4, { body: 'x' }), said(phone, 500)]
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([message, message, ...others, ...others], { minLength: 10 }),
        async (order) => {
          const { verdicts, authors } = createClient([phone.told({ until: 100 }), laptop.told()])
          await verdicts(...order)
          assert.deepEqual(
            [message, ...others].map((event) => authors.verdict(event)),
            ['verified', 'verified', 'unknown', 'forged', 'forged'],
          )
        },
      ),
      { numRuns: 8 },
    )
  })
})
