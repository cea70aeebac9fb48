import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  annotationTypes,
  createNotes,
  decodeAnnotation,
  encodeAnnotation,
  type Annotation,
  type AnnotationType,
  type MessageState,
  type Noted,
} from '../../../spec/annotations.ts'
import { isReaction, readEmojiImage, unicodeEmoji } from '../../../spec/emoji.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { EventId } from '../../../spec/ids.ts'
import { limits } from '../../../spec/limits.ts'
import { encodeMessage } from '../../../spec/message.ts'
import { relationKinds, relationOf } from '../../../spec/relations.ts'
import { unhex, hex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly target: EventId
  readonly valid: readonly { readonly type: AnnotationType; readonly body: string; readonly annotation: object }[]
  readonly invalid: readonly { readonly type: AnnotationType; readonly body: string; readonly why: string }[]
  readonly states: readonly {
    readonly why: string
    readonly events: readonly ({ readonly id: EventId; readonly author: string; readonly manages?: true } & object)[]
    readonly state: { readonly edit?: EventId; readonly deletedBy?: EventId } & Pick<
      MessageState,
      'pinned' | 'reactions'
    >
  }[]
}

const { target, valid, invalid, states } = readVectors('annotations') as Vectors
const stateOf = (noted: readonly Noted[]): MessageState => {
  const notes = createNotes('alice')
  for (const one of noted) notes.add(one)
  return notes.state()
}
const notedOf = (event: Vectors['states'][number]['events'][number], position: number): Noted => {
  const { id, author, manages = false, ...annotation } = event
  return { id, author, manages, position, annotation: { target, ...annotation } as Annotation }
}

describe('events about messages', () => {
  // MSGS-6, MSGS-4
  it('writes and reads the valid vectors, and finds what they are about', () => {
    for (const { type, body, annotation } of valid) {
      const whole = { type, target, ...annotation } as Annotation
      assert.equal(hex(encodeAnnotation(whole)), body)
      assert.deepEqual(decodeAnnotation(type, unhex(body)), whole)
      const kind = type === 'pin' || type === 'unpin' ? relationKinds.pin : relationKinds.annotation
      assert.deepEqual(relationOf(type, unhex(body)), { kind, target, redacts: type === 'delete' })
    }
  })

  for (const { type, body, why } of invalid) {
    it(`refuses ${why}`, () => {
      const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'EVENT_INVALID'
      assert.throws(() => decodeAnnotation(type, unhex(body)), refused)
    })
  }

  it('arbitrary bytes are decoded or refused, and never crash what finds their target', () => {
    fc.assert(
      fc.property(fc.constantFrom(...annotationTypes, 'msg', 'poll'), fc.uint8Array(), (type, body) => {
        relationOf(type, body)
        if (type === 'msg' || type === 'poll') return
        try {
          decodeAnnotation(type, body)
        } catch (error) {
          assert.ok(error instanceof HearthError)
        }
      }),
    )
  })

  // MSG-1
  it('an answer in a thread is about its first message, whatever stands before that', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.boolean(), fc.boolean(), (text, isAnswer, hasId) => {
        const message = {
          clientMessageId: hasId ? 'c-1' : undefined,
          text: `.${text.toWellFormed()}`,
          replyTo: isAnswer ? target : undefined,
        }
        const thread = { kind: relationKinds.thread, target, redacts: false }
        assert.deepEqual(relationOf('msg', encodeMessage({ ...message, thread: target })), thread)
        assert.equal(relationOf('msg', encodeMessage({ ...message, thread: undefined })), undefined)
      }),
    )
  })

  for (const { why, events, state } of states) {
    it(`comes to the state of the vectors: ${why}`, () => {
      const { edit, deletedBy, pinned, reactions } = stateOf(events.map(notedOf))
      assert.deepEqual(
        { edit: edit?.id, deletedBy, pinned, reactions },
        { edit: undefined, deletedBy: undefined, ...state },
      )
    })
  }

  // MSGS-7, MSGS-8
  it('the state depends on the set of events alone, not on their order and repetition', () => {
    const event = fc.record({
      author: fc.constantFrom('alice', 'bob', 'mona'),
      kind: fc.constantFrom('edit', 'edit', 'delete', 'react', 'react', 'unreact', 'pin', 'unpin'),
      emoji: fc.constantFrom('👍', '🔥', ':ok:'),
    })
    const history = fc.array(event, { maxLength: 24 }).map((events) =>
      events.map(({ author, kind, emoji }, i): Noted => {
        const annotation = { type: kind, target, emoji, text: `${i}`, mentions: [] } as unknown as Annotation
        const id = `01a31858-8d00-7${i.toString(16).padStart(3, '0')}-8aaa-aaaaaaaaaaaa` as EventId
        return { id, author, position: i + 1, manages: author === 'mona', annotation }
      }),
    )
    const seen = { deleted: 0, edited: 0, reacted: 0, pinned: 0 }
    fc.assert(
      fc.property(
        history.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 })),
        ),
        ([events, shuffled]) => {
          const state = stateOf(events)
          assert.deepEqual(stateOf(shuffled), state)
          if (state.deletedBy !== undefined) seen.deleted++
          if (state.edit !== undefined) seen.edited++
          if (state.reactions.length > 1) seen.reacted++
          if (state.pinned) seen.pinned++
          const own = events.filter(({ author, annotation: { type } }) => author === 'alice' && type === 'edit')
          if (state.deletedBy === undefined) assert.equal(state.edit?.id, own.at(-1)?.id)
        },
      ),
      { numRuns: 500 },
    )
    assert.ok(
      Object.values(seen).every((count) => count > 0),
      JSON.stringify(seen),
    )
  })

  // MSGS-12
  it('shows at most 20 different reactions, the first that stand', () => {
    const noted = Array.from({ length: 25 }, (_, i): Noted => ({
      id: `01a31858-8d${i.toString(16).padStart(2, '0')}-7000-8aaa-aaaaaaaaaaaa` as EventId,
      author: `somebody ${i}`,
      position: i,
      manages: false,
      annotation: { type: 'react', target, emoji: String.fromCodePoint(0x1f600 + i) },
    }))
    const { reactions } = stateOf(noted.toReversed())
    assert.equal(reactions.length, limits.reactionsPerMessageMax)
    assert.equal(reactions[0]?.emoji, '\u{1f600}')
  })
})

describe('emoji', () => {
  // MSGS-12
  it('of Unicode are known one at a time; every node takes what might be one', () => {
    for (const emoji of ['👍', '👩🏽‍❤️‍💋‍👨🏿', '🇩🇪', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '©️']) {
      assert.equal(unicodeEmoji(emoji), emoji)
      assert.ok(isReaction(emoji), emoji)
    }
    assert.equal(unicodeEmoji('❤'), '❤\ufe0f')
    for (const text of ['', 'a', '1', '#', 'ok', '👍👍', '👍a', ' 👍', '\ufe0f\ufe0f'])
      assert.equal(unicodeEmoji(text), undefined)
    for (const text of ['', 'a', '1', ' ', 'ok', '👍a', '\n', ':x:', ':a b:', '"', '<b>'])
      assert.ok(!isReaction(text), text)
    assert.ok(isReaction(':ok_hand:'))
  })

  // MSGS-13
  it('of a server are images that begin as their type does', () => {
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])
    assert.deepEqual(readEmojiImage(['image/png', png]), { mime: 'image/png', bytes: png })
    assert.ok(readEmojiImage(['image/gif', Buffer.from('GIF89a…')]))
    assert.ok(readEmojiImage(['image/webp', Buffer.from('RIFF....WEBPVP8 ')]))
    const large = new Uint8Array(limits.emojiImageBytesMax + 1)
    large.set(png)
    for (const value of [
      null,
      [],
      ['image/png'],
      ['image/svg+xml', png],
      ['image/gif', png],
      ['image/png', 'text'],
      ['image/png', large],
    ]) {
      assert.equal(readEmojiImage(value), undefined)
    }
  })
})
