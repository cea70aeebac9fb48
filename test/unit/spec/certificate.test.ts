import assert from 'node:assert/strict'
import { issueCertificate, readCertificate } from '../../../spec/certificate.ts'
import { HearthError } from '../../../spec/errors.ts'
import { hex, signer, unhex, verify } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly rootPublicKey: string
  readonly valid: readonly {
    readonly certificate: string
    readonly serial: number
    readonly hotPublicKey: string
    readonly notBeforeMs: number
    readonly revokesEarlier: boolean
  }[]
  readonly invalid: readonly { readonly certificate: string; readonly why: string }[]
}

const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'SEAL_INVALID'

describe('node certificates', () => {
  const { rootPublicKey, valid, invalid } = readVectors('certificate') as Vectors

  // CERT-1 to CERT-4
  it('are issued and read as the valid vectors', () => {
    for (const { certificate, hotPublicKey, ...rest } of valid) {
      const fields = { ...rest, hotPublicKey: unhex(hotPublicKey) }
      assert.equal(hex(issueCertificate(signer('root').sign, fields)), certificate)
      assert.deepEqual(readCertificate(verify, unhex(rootPublicKey), unhex(certificate)), fields)
    }
  })

  for (const { certificate, why } of invalid) {
    it(`threat 26: refuses ${why}`, () => {
      assert.throws(() => readCertificate(verify, unhex(rootPublicKey), unhex(certificate)), refused)
    })
  }

  // SEAL-8
  it('threat 20: asks no verifier about a root key that is not strict', () => {
    const yes = (): boolean => true
    const certificate = unhex(valid[0]?.certificate ?? '')
    assert.equal(readCertificate(yes, unhex(rootPublicKey), certificate).serial, 1)
    assert.throws(() => readCertificate(yes, new Uint8Array(32), certificate), refused)
  })

  it('refuses every flipped bit', () => {
    const bytes = unhex(valid[0]?.certificate ?? '')
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.with(at, (bytes[at] ?? 0) ^ 1)
      assert.throws(() => readCertificate(verify, unhex(rootPublicKey), flipped), refused, `byte ${at}`)
    }
  })
})
