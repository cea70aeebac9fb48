import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { sha256 } from '../../../node/crypto.ts'
import { encodeBase32 } from '../../../spec/base32.ts'
import {
  controlChannelOf,
  conversationOf,
  groupId,
  isConversationId,
  pairId,
  readConversationAct,
  writeConversationAct,
  type ConversationAct,
} from '../../../spec/conversation.ts'
import { isChannelId } from '../../../spec/identifiers.ts'
import type { FeedId, NodeId, UserName } from '../../../spec/ids.ts'
import { isPerson, personOf, splitPerson, type Person } from '../../../spec/person.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const node = bytes(32).map((raw) => encodeBase32(raw) as NodeId)
const user = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/).map((name) => name as UserName)
const person = fc
  .tuple(user, node)
  .map(([name, home]) => personOf(name, home))
  .filter((one) => isPerson(one))
const people = fc.uniqueArray(person, { minLength: 2, maxLength: 8 }).map((all) => all.sort())
const name = fc.stringMatching(/^[a-z]{0,20}$/)
const cuts = fc
  .array(fc.tuple(bytes(16), fc.nat()), { maxLength: 4 })
  .map((all) => new Map(all.map(([feed, seq]) => [encodeBase32(feed) as FeedId, seq])))
const act: fc.Arbitrary<ConversationAct> = fc.oneof(
  fc.record({ people, name: user }).map(({ people: [one, other], name: writer }) => ({
    type: 'dm.open' as const,
    pair: [one!, other!] as [Person, Person],
    user: writer,
  })),
  fc.record({ people, random: bytes(16), name }).map(({ people: [owner, ...others], random, name: called }) => ({
    type: 'dm.create' as const,
    random,
    owner: owner!,
    name: called,
    people: others,
  })),
  person.map((one) => ({ type: 'dm.add' as const, person: one })),
  user.map((one) => ({ type: 'dm.join' as const, user: one })),
  fc.record({ person, cuts }).map((fields) => ({ type: 'dm.remove' as const, ...fields })),
  name.map((called) => ({ type: 'dm.rename' as const, name: called })),
)

describe('conversations', () => {
  it('FRIEND-1: a person is a user and a node, and nothing else is', () => {
    fc.assert(
      fc.property(person, (one) => {
        const { user: name, node: home } = splitPerson(one)
        assert.equal(personOf(name, home), one)
      }),
    )
    const some = `alice@${'a'.repeat(52)}`
    assert.ok(isPerson(some))
    for (const wrong of [`Alice@${'a'.repeat(52)}`, `@${'a'.repeat(52)}`, 'alice@home.example', `${some}a`, 7]) {
      assert.ok(!isPerson(wrong), String(wrong))
    }
  })

  it('FRIEND-12, FRIEND-13: ids are channel ids of version 8, a pair’s the same from both sides', () => {
    fc.assert(
      fc.property(person, person, bytes(16), (one, other, random) => {
        const pair = pairId(sha256, one, other)
        assert.equal(pair, pairId(sha256, other, one))
        const group = groupId(sha256, one, random)
        for (const id of [pair, group]) {
          assert.ok(isChannelId(id) && isConversationId(id))
          assert.ok(isChannelId(controlChannelOf(id)))
          assert.equal(conversationOf(controlChannelOf(id)), id)
          assert.equal(conversationOf(id), undefined)
        }
        if (one !== other) assert.notEqual(pairId(sha256, one, one), pair)
      }),
    )
  })

  it('FRIEND-15 to FRIEND-20: what is written is read, in its one encoding', () => {
    fc.assert(
      fc.property(act, (some) => {
        const body = writeConversationAct(some)
        const read = readConversationAct(some.type, body)
        assert.ok(read)
        assert.deepEqual(writeConversationAct(read), Uint8Array.from(body))
        assert.equal(readConversationAct(some.type, Uint8Array.of(...body, 0)), undefined)
      }),
    )
  })

  it('FRIEND-14: arbitrary bytes are passed over', () => {
    const types = ['dm.open', 'dm.create', 'dm.add', 'dm.join', 'dm.remove', 'dm.rename', 'msg', 'constructor']
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, body) => {
        const read = readConversationAct(type, body)
        if (read !== undefined) assert.deepEqual(Buffer.from(writeConversationAct(read)), Buffer.from(body))
      }),
    )
  })

  it('FRIEND-16: at most 20 people, each once and in order', () => {
    const home = 'a'.repeat(52) as NodeId
    const all = Array.from({ length: 20 }, (_, i) => personOf(`u${String(i).padStart(2, '0')}` as UserName, home))
    const owner = personOf('owner' as UserName, home)
    const create = (others: readonly Person[]) =>
      readConversationAct(
        'dm.create',
        writeConversationAct({ type: 'dm.create', random: new Uint8Array(16), owner, name: '', people: others }),
      )
    assert.ok(create(all.slice(0, 19)))
    assert.equal(create(all), undefined)
    assert.equal(create([all[1]!, all[0]!]), undefined)
    assert.equal(create([all[0]!, all[0]!]), undefined)
    assert.equal(create([owner]), undefined)
  })
})
