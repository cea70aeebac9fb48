import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import * as fc from 'fast-check'
import nacl from 'tweetnacl'
import { isStrictPublicKey, isStrictSignature } from '../../../spec/ed25519.ts'
import { hex, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Refused {
  readonly hex: string
  readonly why: string
  readonly tweetnacl?: boolean
}

interface Vectors {
  readonly message: string
  readonly publicKeys: { readonly valid: readonly { readonly hex: string }[]; readonly invalid: readonly Refused[] }
  readonly signatures: {
    readonly publicKey: string
    readonly valid: readonly { readonly hex: string }[]
    readonly invalid: readonly Refused[]
  }
}

describe('Ed25519, strictly', () => {
  const { message, publicKeys, signatures } = readVectors('ed25519') as Vectors

  // SEAL-7, SEAL-8, SEAL-9
  it('takes the keys and signatures that node:crypto and tweetnacl make', () => {
    for (const { hex } of publicKeys.valid) assert.ok(isStrictPublicKey(unhex(hex)))
    for (const { hex } of signatures.valid) assert.ok(isStrictSignature(unhex(hex)))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array(), (seed, message) => {
        const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(seed)
        const signature = nacl.sign.detached(message, secretKey)
        assert.ok(isStrictPublicKey(publicKey) && isStrictSignature(signature))
        const key = { key: Buffer.concat([unhex('302a300506032b6570032100'), publicKey]), format: 'der', type: 'spki' }
        assert.ok(verify(null, message, createPublicKey(key as never), signature))
      }),
      { numRuns: 10 },
    )
  })

  // SEAL-7, SEAL-8
  for (const { hex, why } of publicKeys.invalid) {
    it(`threat 20: refuses the key ${hex.slice(0, 8)}… (${why})`, () => assert.ok(!isStrictPublicKey(unhex(hex))))
  }

  // SEAL-7, SEAL-8, SEAL-9
  for (const { hex, why } of signatures.invalid) {
    it(`threat 20: refuses the signature ${hex.slice(0, 8)}… (${why})`, () => assert.ok(!isStrictSignature(unhex(hex))))
  }

  // SEAL-10
  it('threat 20: refuses what tweetnacl takes', () => {
    const malleated = signatures.invalid.find(({ tweetnacl }) => tweetnacl === true)
    assert.ok(malleated !== undefined)
    assert.ok(nacl.sign.detached.verify(unhex(message), unhex(malleated.hex), unhex(signatures.publicKey)))
    assert.ok(!isStrictSignature(unhex(malleated.hex)))
  })

  it('knows every point of small order that there is', () => {
    const identity = new Uint8Array(32).with(0, 1)
    const forgedByAnyone = publicKeys.invalid.filter(({ hex }) => hex.length === 64).map(({ hex }) => unhex(hex))
    const zeros = new Uint8Array(32)
    for (const key of forgedByAnyone) {
      const taken = nacl.sign.detached.verify(unhex(message), Uint8Array.of(...identity, ...zeros), key)
      if (taken) assert.ok(!isStrictPublicKey(key))
    }
    assert.ok(nacl.sign.detached.verify(unhex(message), Uint8Array.of(...identity, ...zeros), identity))
  })

  it('leaves what it looks at as it was', () => {
    const key = Buffer.alloc(32, 0xff)
    const signature = Buffer.alloc(64, 0xff)
    isStrictPublicKey(key)
    isStrictSignature(signature)
    assert.equal(hex(key) + hex(signature), 'ff'.repeat(96))
  })
})
