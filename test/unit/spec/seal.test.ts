import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeBase32 } from '../../../spec/base32.ts'
import type { Verify } from '../../../spec/crypto.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { FeedPoint } from '../../../spec/feed.ts'
import type { FeedId } from '../../../spec/ids.ts'
import { decodeSeal, encodeSeal, sealFlush, verifySeal } from '../../../spec/seal.ts'
import { base32, cbor, hex, sample, sha256, signer, unhex, verify } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Sealed {
  readonly feed: FeedId
  readonly seal: string
}

interface Vectors {
  readonly publicKey: string
  readonly otherPublicKey: string
  readonly flushes: readonly {
    readonly heads: readonly { readonly feed: FeedId; readonly seq: number; readonly hash: string }[]
    readonly root: string
    readonly seals: readonly Sealed[]
  }[]
  readonly forged: readonly (Sealed & { readonly why: string })[]
  readonly invalid: readonly { readonly seal: string; readonly why: string }[]
}

const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'SEAL_INVALID'
const hot = signer('hot')

describe('seals', () => {
  const { publicKey, otherPublicKey, flushes, forged, invalid } = readVectors('seal') as Vectors
  const check = ({ feed, seal }: Sealed, key = publicKey): boolean =>
    verifySeal(sha256, verify, unhex(key), { feed, seal: decodeSeal(unhex(seal)) })

  // SEAL-1, SEAL-2, SEAL-3, SEAL-4
  it('seals a flush of any number of feeds with one signature', () => {
    for (const { heads, root, seals } of flushes) {
      const signed: string[] = []
      const sign = (message: Uint8Array): Uint8Array => {
        signed.push(Buffer.from(message).toString('latin1'))
        return hot.sign(message)
      }
      const points = heads.map(({ feed, seq, hash }): FeedPoint => ({ feed, seq, hash: unhex(hash) }))
      assert.deepEqual(
        sealFlush(sha256, sign, points).map((seal) => hex(encodeSeal(seal))),
        seals.map(({ seal }) => seal),
      )
      assert.deepEqual(signed, [`hearth-seal-1${Buffer.from(root, 'hex').toString('latin1')}`])
    }
    assert.deepEqual(sealFlush(sha256, hot.sign, []), [])
  })

  // SEAL-5
  it('verifies each seal of a flush by itself, under its node’s key only', () => {
    for (const { seals } of flushes) {
      for (const sealed of seals) {
        assert.ok(check(sealed))
        assert.ok(!check(sealed, otherPublicKey))
      }
    }
  })

  for (const { why, ...sealed } of forged) {
    it(`threat 17: does not verify ${why}`, () => assert.equal(check(sealed), false))
  }

  // SEAL-4, SEAL-6
  for (const { seal, why } of invalid) {
    it(`does not decode ${why}`, () => assert.throws(() => decodeSeal(unhex(seal)), refused))
  }

  it('does not take the seal of one feed for another of the same flush', () => {
    const seals = flushes.at(-1)?.seals ?? []
    for (const { seal } of seals) {
      assert.equal(seals.filter(({ feed }) => check({ feed, seal })).length, 1)
    }
  })

  it('does not verify with one bit flipped', () => {
    const sealed = flushes[2]?.seals[1]
    assert.ok(sealed !== undefined)
    const bytes = unhex(sealed.seal)
    for (let at = 0; at < bytes.length; at++) {
      const seal = hex(bytes.with(at, (bytes[at] ?? 0) ^ 1))
      try {
        assert.equal(check({ feed: sealed.feed, seal }), false, `byte ${at}`)
      } catch (error) {
        assert.ok(refused(error), `byte ${at}: ${String(error)}`)
      }
    }
  })

  it('holds for flushes of every size', () => {
    const sign = (message: Uint8Array): Uint8Array => Uint8Array.of(...sha256(message), ...sample('S', 31), 0)
    const verify: Verify = (_, message, signature) => hex(signature) === hex(sign(message))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), (count) => {
        const heads = Array.from({ length: count }, (_, i) => ({
          feed: base32(sample(`f ${i}`, 16)) as FeedId,
          seq: i + 1,
          hash: sample(`h ${i}`, 32),
        }))
        const seals = sealFlush(sha256, sign, heads)
        for (const [i, seal] of seals.entries()) {
          assert.ok(seal.path.length <= Math.ceil(Math.log2(count)))
          const { feed } = heads[i] as FeedPoint
          assert.ok(verifySeal(sha256, verify, unhex(publicKey), { feed, seal }))
        }
      }),
      { numRuns: 20 },
    )
  })

  // SEAL-7 to SEAL-10
  it('threat 20: asks no verifier about a key or a signature that is not strict', () => {
    const sealed = flushes[0]?.seals[0]
    assert.ok(sealed !== undefined)
    const seal = decodeSeal(unhex(sealed.seal))
    const yes = (): boolean => true
    const smallOrder = new Uint8Array(32)
    assert.ok(verifySeal(sha256, yes, unhex(publicKey), { feed: sealed.feed, seal }))
    assert.ok(!verifySeal(sha256, yes, smallOrder, { feed: sealed.feed, seal }))
    const pastOrder = { ...seal, signature: seal.signature.with(63, 0xff) }
    assert.ok(!verifySeal(sha256, yes, unhex(publicKey), { feed: sealed.feed, seal: pastOrder }))
  })

  // SEAL-6
  it('threat 21: a path has at most 16 siblings, however it is written', () => {
    const [flush] = flushes
    const feed = decodeBase32(flush?.heads[0]?.feed ?? '')
    assert.equal(feed?.length, 16)
    const long = cbor([1, sample('h', 32), Array.from({ length: 1000 }, () => sample('h', 32)), sample('s', 64)])
    assert.throws(() => decodeSeal(long), refused)
    assert.throws(() => decodeSeal(unhex(`84015820${'00'.repeat(32)}9bffffffffffffffff`)), refused)
  })
})
