import assert from 'node:assert/strict'
import { openAuthorKeys } from '../../../../node/authors/author-keys.ts'
import { createCheckSignature } from '../../../../node/authors/signatures.ts'
import { createSigningKey } from '../../../../node/crypto.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import { signWords, vouchSigned, type AuthorDeviceKey, type Signer, type Words } from '../../../../spec/author.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { authorKey } from '../../../../spec/governance/names.ts'
import type { ChannelId, DeviceId, EventId, MemberId, NodeId, UserName } from '../../../../spec/ids.ts'
import { limits } from '../../../../spec/limits.ts'
import { alice, bob, createFixture, createTestClock, nodeId, password } from '../accounts/fixture.ts'

const keyOf = (name: string) => createSigningKey(Uint8Array.from({ length: 32 }, (_, i) => name.charCodeAt(i) || 7))
const textOf = ({ publicKey }: { readonly publicKey: Uint8Array }): string => encodeBase32(publicKey)
const phone = 'phone' as DeviceId
const laptop = 'laptop' as DeviceId

describe('the keys of a user', () => {
  const enrolled = async () => {
    const fixture = await createFixture()
    for (const clientId of [phone, laptop]) await fixture.enter({ clientId, password })
    return fixture
  }

  it('SIGN-5: are told with their beginning and their end, and outlive a restart', async () => {
    const fixture = await enrolled()
    const begin = fixture.clock.now()
    await fixture.accounts.enrollDevice(alice, phone, keyOf('one').publicKey)
    fixture.clock.advance(1_000)
    await fixture.accounts.enrollDevice(alice, phone, keyOf('two').publicKey)
    await fixture.accounts.enrollDevice(alice, phone, keyOf('two').publicKey)
    await fixture.accounts.enrollDevice(alice, laptop, keyOf('three').publicKey)
    fixture.clock.advance(1_000)
    await fixture.accounts.revokeDevice(alice, laptop)
    await fixture.restart()
    assert.deepEqual(fixture.accounts.keys(alice), [
      { key: textOf(keyOf('one')), since: begin, until: begin + 1_000 },
      { key: textOf(keyOf('two')), since: begin + 1_000 },
      { key: textOf(keyOf('three')), since: begin + 1_000, until: begin + 2_000 },
    ])
    assert.deepEqual(
      ['one', 'two', 'three'].map((name) => fixture.accounts.isKey(alice, textOf(keyOf(name)))),
      [false, true, false],
    )
    assert.deepEqual(fixture.accounts.keys(bob), [])
  })

  it('SIGN-5: of too many those that ended first are forgotten', async () => {
    const fixture = await enrolled()
    for (let count = 0; count <= limits.keysPerUserMax; count += 1) {
      fixture.clock.advance(1)
      await fixture.accounts.enrollDevice(alice, phone, keyOf(`key ${count}`).publicKey)
    }
    const keys = fixture.accounts.keys(alice)
    assert.equal(keys.length, limits.keysPerUserMax)
    assert.equal(keys[0]?.key, textOf(keyOf('key 1')))
    assert.equal(keys.at(-1)?.until, undefined)
  })

  it('SIGN-4: an older device vouches for a newer one, and nobody else does', async () => {
    const fixture = await enrolled()
    const [old, fresh] = [keyOf('old'), keyOf('fresh')]
    await fixture.accounts.enrollDevice(alice, laptop, old.publicKey)
    await fixture.accounts.enrollDevice(alice, phone, fresh.publicKey)
    const signed = vouchSigned({ node: nodeId, user: alice }, textOf(fresh))
    const value = encodeBase32(old.sign(signed))
    const refused = (run: () => Promise<void>, code: string) => assert.rejects(run, { code })
    await refused(() => fixture.accounts.vouch(alice, phone, textOf(old), value), 'SIGNATURE_INVALID')
    await refused(() => fixture.accounts.vouch(alice, phone, textOf(fresh), value), 'NOT_FOUND')
    await refused(() => fixture.accounts.vouch(alice, 'other' as DeviceId, textOf(fresh), value), 'NOT_FOUND')
    await refused(() => fixture.accounts.vouch(alice, laptop, textOf(keyOf('foreign')), value), 'NOT_FOUND')
    const asBob = encodeBase32(old.sign(vouchSigned({ node: nodeId, user: bob }, textOf(fresh))))
    await refused(() => fixture.accounts.vouch(alice, laptop, textOf(fresh), asBob), 'SIGNATURE_INVALID')
    await fixture.accounts.vouch(alice, laptop, textOf(fresh), value)
    assert.deepEqual(fixture.accounts.keys(alice)[1]?.vouch, { by: textOf(old), value })
  })
})

describe('what a member signed', () => {
  const words: Words = {
    kind: 'message',
    channel: '0190a000-0000-7000-8000-00000000000a' as ChannelId,
    clientMessageId: 'c-1',
    text: 'hello',
    replyTo: undefined,
    thread: undefined,
  }
  const key = keyOf('phone of alice')
  const signer: Signer = { node: nodeId, user: alice }
  const check = createCheckSignature({ isKey: (user, text) => user === alice && text === textOf(key) }, { nodeId })
  const signature = signWords(signer, words, key.publicKey, key.sign)

  it('SIGN-3: is taken under a key of one of their devices', () => check(alice, words, signature))

  const edit: Words = {
    kind: 'edit',
    channel: words.channel,
    target: words.channel as string as EventId,
    text: 'hello',
  }
  const forgeries: [string, () => void][] = [
    ['another text', () => check(alice, { ...words, text: 'bye' }, signature)],
    ['an edit under the signature of a message', () => check(alice, edit, signature)],
    ["another member's signature", () => check(bob, words, signature)],
    [
      'a key that nobody has enrolled',
      () => check(alice, words, signWords(signer, words, keyOf('mallory').publicKey, keyOf('mallory').sign)),
    ],
    [
      "one's own signature under another's key",
      () => check(alice, words, { ...signWords(signer, words, key.publicKey, keyOf('mallory').sign) }),
    ],
    [
      'what was signed at another node',
      () =>
        check(
          alice,
          words,
          signWords({ ...signer, node: encodeBase32(key.publicKey) as NodeId }, words, key.publicKey, key.sign),
        ),
    ],
  ]
  for (const [what, run] of forgeries)
    it(`threat 17, SIGN-3: refuses ${what}`, () => assert.throws(run, { code: 'SIGNATURE_INVALID' }))
})

describe('the keys of members of other nodes', () => {
  const there = encodeBase32(new Uint8Array(32).fill(2)) as NodeId
  const members = ['a', 'b', 'c'].map(
    (letter) => encodeBase32(new Uint8Array(16).fill(letter.charCodeAt(0))) as MemberId,
  )
  const keys = (name: string): AuthorDeviceKey[] => [{ key: textOf(keyOf(name)), since: 1 }]

  const open = async () => {
    const store = createMemoryStore()
    const clock = createTestClock()
    const asked: (readonly MemberId[])[] = []
    const state = { isAway: false, told: new Map(members.map((member) => [member, keys('first')])) }
    const authors = () =>
      openAuthorKeys(
        {
          store,
          clock,
          accounts: { keys: () => keys('local') },
          userOf: (member) => (member === members[2] ? ('carol' as UserName) : undefined),
          ask: async (node, wanted) => {
            assert.equal(node, there)
            asked.push(wanted)
            if (state.isAway) throw new HearthError('NODE_DOWN')
            return wanted.flatMap((member) => ({ member, keys: state.told.get(member) ?? [] }))
          },
        },
        { nodeId },
      )
    return { authors: await authors(), reopen: authors, clock, asked, state }
  }
  const authorsAt = (count: number) => members.slice(0, count).map((member) => authorKey(there, member))

  it('SIGN-6: are asked of their node once, for all who want to know', async () => {
    const { authors, asked } = await open()
    const all = await Promise.all([1, 2, 3].map(() => authors.of(authorsAt(2), false)))
    for (const found of all) assert.deepEqual([...found.values()], [keys('first'), keys('first')])
    assert.deepEqual(asked, [members.slice(0, 2)])
  })

  it('SIGN-6: are asked again after ten minutes, or at a wish after a second', async () => {
    const { authors, asked, clock, state } = await open()
    await authors.of(authorsAt(1), false)
    state.told.set(members[0]!, keys('second'))
    await authors.of(authorsAt(1), true)
    clock.advance(limits.authorKeysAgainMs + 1)
    assert.deepEqual([...(await authors.of(authorsAt(1), false)).values()], [keys('first')])
    assert.deepEqual([...(await authors.of(authorsAt(1), true)).values()], [keys('second')])
    state.told.set(members[0]!, keys('third'))
    clock.advance(limits.authorKeysAgeMs + 1)
    assert.deepEqual([...(await authors.of(authorsAt(1), false)).values()], [keys('third')])
    assert.equal(asked.length, 3)
  })

  it('SIGN-6: are what was told last while their node is away, also after a restart', async () => {
    const { authors, reopen, clock, state } = await open()
    await authors.of(authorsAt(1), false)
    state.isAway = true
    clock.advance(limits.authorKeysAgeMs + 1)
    const found = await (await reopen()).of(authorsAt(2), true)
    assert.deepEqual([...found], [[authorsAt(1)[0], keys('first')]])
  })

  it('NCALL-11: a node tells those of its users, and nothing of anybody else', async () => {
    const { authors } = await open()
    assert.deepEqual(authors.answer(members), [{ member: members[2], keys: keys('local') }])
  })
})
