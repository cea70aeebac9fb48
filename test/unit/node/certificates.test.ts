import assert from 'node:assert/strict'
import { openCertificates } from '../../../node/certificates.ts'
import { createSigningKey, createVerify, type SigningKey } from '../../../node/crypto.ts'
import { createMemoryStore } from '../../../node/store/memory-store.ts'
import { encodeBase32 } from '../../../spec/base32.ts'
import { issueCertificate } from '../../../spec/certificate.ts'
import type { NodeId } from '../../../spec/ids.ts'
import { limits } from '../../../spec/limits.ts'

const verify = createVerify()
const own = createSigningKey()
const root = createSigningKey()
const node = encodeBase32(root.publicKey) as NodeId

const certify = (
  serial: number,
  hot = createSigningKey(),
  by: SigningKey = root,
  revokesEarlier = false,
): [Uint8Array, Uint8Array] => [
  issueCertificate(by.sign, { serial, hotPublicKey: hot.publicKey, notBeforeMs: 1, revokesEarlier }),
  hot.publicKey,
]

const open = (store = createMemoryStore()) =>
  openCertificates(
    { store, verify },
    { nodeId: encodeBase32(own.publicKey) as NodeId, certificate: certify(1, own, own)[0], earlier: [] },
  )

const hexOf = (all: readonly { readonly certificate: Uint8Array }[]): string[] =>
  all.map(({ certificate }) => encodeBase32(certificate))

// CERT-3
describe('certificates of other nodes', () => {
  it('are kept with all their keys, newest first, across restarts', async () => {
    const store = createMemoryStore()
    const certificates = await open(store)
    const [[one, oneKey], [two, twoKey]] = [certify(1), certify(2)]
    assert.deepEqual(
      [two, one, two].map((bytes) => certificates.learn(node, bytes)),
      [true, true, true],
    )
    await certificates.settled()
    for (const known of [certificates, await open(store)]) {
      assert.deepEqual(known.publicKeysOf(node).map(encodeBase32), [twoKey, oneKey].map(encodeBase32))
      assert.deepEqual(hexOf(known.of(node)), [two, one].map(encodeBase32))
    }
  })

  it('threat 26: of another root, malformed, or a second one with a known serial: refused', async () => {
    const certificates = await open()
    const [one] = certify(1)
    assert.equal(certificates.learn(node, certify(2, undefined, own)[0]), false)
    assert.equal(certificates.learn(node, one.subarray(1)), false)
    assert.deepEqual(certificates.of(node), [])
    assert.equal(certificates.learn(node, one), true)
    assert.equal(certificates.learn(node, certify(1)[0]), false)
    assert.equal(certificates.of(node).length, 1)
  })

  it('CERT-4: one that revokes leaves those before it known, and not counting, in any order', async () => {
    const store = createMemoryStore()
    const certificates = await open(store)
    const all = [1, 2, 3, 4].map((serial) => certify(serial, undefined, root, serial === 3)[0])
    for (const at of [3, 0, 2, 1]) assert.equal(certificates.learn(node, all[at] ?? new Uint8Array()), true)
    await certificates.settled()
    for (const known of [certificates, await open(store)]) {
      assert.deepEqual(hexOf(known.of(node)), [all[3]!, all[2]!].map(encodeBase32))
      assert.deepEqual(hexOf(known.revokedOf?.(node) ?? []), [all[1]!, all[0]!].map(encodeBase32))
      assert.equal(known.publicKeysOf(node).length, 4)
    }
  })

  it('are as many as a node may have', async () => {
    const certificates = await open()
    const learnt = Array.from({ length: limits.certificatesPerNodeMax + 1 }, (_, i) =>
      certificates.learn(node, certify(i + 1)[0]),
    )
    assert.equal(learnt.filter(Boolean).length, limits.certificatesPerNodeMax)
  })

  it('this node knows its own, and takes none of its own from others', async () => {
    const certificates = await open()
    const nodeId = encodeBase32(own.publicKey) as NodeId
    assert.deepEqual(certificates.publicKeysOf(nodeId).map(encodeBase32), [encodeBase32(own.publicKey)])
    assert.equal(certificates.learn(nodeId, certify(2, undefined, own)[0]), false)
  })
})
