import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { createSigningKey, createVerify } from '../../../node/crypto.ts'
import { decodeHex, encodeHex } from '../../../spec/hex.ts'
import { createTicket, parseTicket } from '../../../spec/ticket.ts'
import type { Ticket } from '../../../spec/ticket.ts'
import { repository } from '../../support/repository.ts'

interface Vectors {
  readonly seed: string
  readonly publicKey: string
  readonly valid: readonly {
    readonly ticket: Ticket
    readonly signed: string
    readonly signature: string
    readonly text: string
  }[]
  readonly malformed: readonly { readonly why: string; readonly text: string }[]
  readonly badSignature: readonly { readonly why: string; readonly text: string }[]
}

const vectors = JSON.parse(readFileSync(join(repository, 'spec/vectors/accounts/tickets.json'), 'utf8')) as Vectors
const bytes = (hex: string): Uint8Array => decodeHex(hex) ?? assert.fail(`not hex: ${hex}`)
const publicKey = bytes(vectors.publicKey)
const verify = createVerify()

describe('ticket', () => {
  it('ACC-31, ACC-32: valid vectors are made and read', () => {
    const { sign } = createSigningKey(bytes(vectors.seed))
    for (const { ticket, signed, signature, text } of vectors.valid) {
      assert.equal(createTicket(ticket, sign), text)
      const parsed = parseTicket(text)
      assert.ok(parsed)
      assert.deepEqual(parsed.ticket, ticket)
      assert.equal(encodeHex(parsed.signed), signed)
      assert.equal(encodeHex(parsed.signature), signature)
      assert.ok(verify(publicKey, parsed.signed, parsed.signature))
    }
  })

  for (const { why, text } of vectors.malformed) {
    it(`ACC-31: refuses: ${why}`, () => assert.equal(parseTicket(text), undefined))
  }

  for (const { why, text } of vectors.badSignature) {
    it(`ACC-32: does not verify: ${why}`, () => {
      const parsed = parseTicket(text)
      assert.ok(parsed)
      assert.equal(verify(publicKey, parsed.signed, parsed.signature), false)
    })
  }

  it('reads anything without throwing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), (body, rest) => {
        parseTicket(`tk_${body}.${rest}`)
        parseTicket(rest)
      }),
    )
  })
})
