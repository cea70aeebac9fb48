import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCertificate } from '../../../../node/data-folder/certificate.ts'
import { layoutOf } from '../../../../node/data-folder/layout.ts'

describe('the certificate', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-tls-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const load = (init: object = {}, name = 'data') =>
    loadCertificate(layoutOf(join(folder, name)), { bind: '127.0.0.1', ...init }, Date)

  it('is made at the first start, and stays', async () => {
    const first = await load({ domain: 'home.example' })
    assert.equal(first.selfSigned, true)
    assert.deepEqual(await load({ domain: 'other.example' }), first)
    assert.equal((await stat(first.keyFile)).mode & 0o777, 0o600)
  })

  it('is for this machine and for the domain, ten years long', async () => {
    const { cert, hostNames, expires } = await load({ domain: 'home.example' })
    const certificate = new X509Certificate(cert)
    for (const name of ['localhost', 'home.example']) assert.ok(certificate.checkHost(name), name)
    for (const address of ['127.0.0.1', '::1']) assert.ok(certificate.checkIP(address), address)
    assert.ok(hostNames.includes('localhost'))
    const years = (expires - Date.parse(certificate.validFrom)) / (365.25 * 24 * 3600 * 1000)
    assert.ok(years > 9.9 && years < 10.1, String(years))
    assert.equal(certificate.ca, false)
  })

  it('can be one of one’s own', async () => {
    const { certFile, keyFile, fingerprint } = await load()
    const own = await load({ tlsCert: certFile, tlsKey: keyFile }, 'elsewhere')
    assert.equal(own.selfSigned, false)
    assert.equal(own.fingerprint, fingerprint)
  })

  it('is refused when it cannot be read, is none, or belongs to another key', async () => {
    const { certFile } = await load()
    const { keyFile: otherKey } = await load({}, 'other')
    const junk = join(folder, 'junk.pem')
    await writeFile(junk, 'no certificate')
    const gone = join(folder, 'gone.pem')
    await assert.rejects(load({ tlsCert: gone, tlsKey: otherKey }), { code: 'CONFIG_INVALID', message: /gone\.pem/ })
    await assert.rejects(load({ tlsCert: junk, tlsKey: otherKey }), { code: 'CONFIG_INVALID', message: /not a PEM/ })
    await assert.rejects(load({ tlsCert: certFile, tlsKey: otherKey }), {
      code: 'CONFIG_INVALID',
      message: /does not belong/,
    })
  })
})
