import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import nacl from 'tweetnacl'
import { createVerify } from '../../../node/crypto.ts'
import { decodeAnnotation, encodeAnnotation } from '../../../spec/annotations.ts'
import {
  holds,
  signWords,
  vouchSigned,
  wordsSigned,
  type AuthorSignature,
  type Signer,
  type Words,
} from '../../../spec/author.ts'
import { decodeBase32 } from '../../../spec/base32.ts'
import { encodeHex } from '../../../spec/hex.ts'
import type { EventId } from '../../../spec/ids.ts'
import { decodeMessage, encodeMessage, parseSend } from '../../../spec/message.ts'
import { repository } from '../../support/repository.ts'

interface Sample {
  readonly why?: string
  readonly signer: Signer
  readonly words: Words
  readonly signature: AuthorSignature
}
const vectors = JSON.parse(readFileSync(join(repository, 'spec/vectors/author.json'), 'utf8')) as {
  readonly valid: readonly (Sample & { readonly signed: string })[]
  readonly invalid: readonly Sample[]
  readonly vouchers: readonly { signer: Signer; key: string; signed: string; vouch: { key: string; value: string } }[]
}
/** JSON has null where the code has undefined. */
const wordsOf = (words: Words): Words =>
  words.kind === 'edit' ? words : { ...words, replyTo: words.replyTo ?? undefined, thread: words.thread ?? undefined }

/** The node's and the client's: they must agree on everything. */
const verifiers = {
  'node:crypto': createVerify(),
  tweetnacl: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) =>
    nacl.sign.detached.verify(message, signature, key),
}

describe('author signatures', () => {
  for (const [name, verify] of Object.entries(verifiers)) {
    it(`SIGN-1: valid vectors hold, by ${name}`, () => {
      for (const { signer, words, signed, signature } of vectors.valid) {
        const bytes = wordsSigned(signer, wordsOf(words))
        assert.equal(encodeHex(bytes), signed)
        assert.equal(holds(signature, bytes, verify), true)
      }
    })
    for (const { why, signer, words, signature } of vectors.invalid)
      it(`SIGN-1: refuses, by ${name}: ${why}`, () =>
        assert.equal(holds(signature, wordsSigned(signer, wordsOf(words)), verify), false))
    it(`SIGN-4: a voucher holds, by ${name}`, () => {
      for (const { signer, key, signed, vouch } of vectors.vouchers) {
        assert.equal(encodeHex(vouchSigned(signer, key)), signed)
        assert.equal(holds(vouch, vouchSigned(signer, key), verify), true)
        assert.equal(holds(vouch, vouchSigned(signer, vouch.key), verify), false)
        assert.equal(holds(vouch, wordsSigned(signer, wordsOf(vectors.valid[0]!.words)), verify), false)
      }
    })
  }

  it('SIGN-1: two different texts are never signed as one', () => {
    const id = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => encodeHex(bytes).replace(/^(.{8})(.{4}).(.{3})..(.{2})(.{12})$/, '$1-$2-7$3-80$4-$5') as EventId)
    const someWords: fc.Arbitrary<Words> = fc.oneof(
      fc.record({
        kind: fc.constant('message' as const),
        channel: fc.constantFrom(vectors.valid[0]!.words.channel),
        clientMessageId: fc.constantFrom('a', 'b', 'ab'),
        text: fc.constantFrom('', 'a', 'b', 'ab'),
        replyTo: fc.option(id, { nil: undefined }),
        thread: fc.option(id, { nil: undefined }),
      }),
      fc.record({
        kind: fc.constant('edit' as const),
        channel: fc.constantFrom(vectors.valid[0]!.words.channel),
        target: id,
        text: fc.constantFrom('', 'a', 'b', 'ab'),
      }),
    )
    fc.assert(
      fc.property(someWords, someWords, (one, other) => {
        const { signer } = vectors.valid[0]!
        const isSame = encodeHex(wordsSigned(signer, one)) === encodeHex(wordsSigned(signer, other))
        assert.equal(isSame, JSON.stringify(one) === JSON.stringify(other))
      }),
    )
  })

  it('SIGN-2: goes with a message and with an edit, in bytes and in JSON', () => {
    const { signature, words } = vectors.valid[0]!
    assert.ok(words.kind === 'message')
    const message = { clientMessageId: 'c-1', text: 'hello', replyTo: undefined, thread: undefined, signature }
    assert.deepEqual(decodeMessage(encodeMessage(message)), message)
    const both = { ...message, mentions: ['everyone'] as const }
    assert.deepEqual(decodeMessage(encodeMessage(both)), both)
    assert.deepEqual(parseSend({ body: 'hello', id: 'c-1', signature }), message)
    const target = '01a31858-8d00-7000-8aaa-aaaaaaaaaaaa' as EventId
    const edit = { type: 'edit' as const, target, text: 'hello', mentions: [], signature }
    assert.deepEqual(decodeAnnotation('edit', encodeAnnotation(edit)), edit)
    for (const broken of [{ key: signature.key }, { ...signature, value: 'x' }, { ...signature, more: 1 }])
      assert.throws(() => parseSend({ body: 'hello', id: 'c-1', signature: broken }), { name: 'HearthError' })
  })

  it('SIGN-1: is made by the key that it names', () => {
    const pair = nacl.sign.keyPair()
    const { signer, words } = vectors.valid[0]!
    const signature = signWords(signer, wordsOf(words), pair.publicKey, (bytes) =>
      nacl.sign.detached(bytes, pair.secretKey),
    )
    assert.deepEqual(decodeBase32(signature.key), pair.publicKey)
    assert.equal(holds(signature, wordsSigned(signer, wordsOf(words)), createVerify()), true)
  })
})
