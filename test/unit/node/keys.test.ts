import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigningKey, createVerify } from '../../../node/crypto.ts'
import { openKeys } from '../../../node/keys.ts'
import { encodeBase32 } from '../../../spec/base32.ts'

describe('node keys', () => {
  let folder: string
  const components = { clock: { now: () => 1_790_000_000_000 }, verify: createVerify() }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-keys-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are made once, readable by the owner only, and stay the same', async () => {
    const first = await openKeys(folder, components)
    const second = await openKeys(folder, components)
    assert.equal(second.nodeId, first.nodeId)
    assert.deepEqual(second.hot.publicKey, first.hot.publicKey)
    for (const name of ['root.key', 'hot.key']) assert.equal((await stat(join(folder, name))).mode & 0o077, 0)
  })

  it('CERT-1: work without the root key, which may be kept elsewhere', async () => {
    const first = await openKeys(folder, components)
    await rm(join(folder, 'root.key'))
    const second = await openKeys(folder, components)
    assert.equal(second.root, undefined)
    assert.equal(second.nodeId, first.nodeId)
  })

  for (const cut of ['node-id', 'hot.key', 'certificate']) {
    it(`finish a first start that was cut short before ${cut}`, async () => {
      await openKeys(folder, components)
      const names = ['node-id', 'hot.key', 'certificate']
      for (const name of names.slice(names.indexOf(cut))) await rm(join(folder, name))
      const keys = await openKeys(folder, components)
      assert.equal(keys.nodeId, (await readFile(join(folder, 'node-id'), 'utf8')).trim())
    })
  }

  it('refuse a root key or a hot key that is not this node’s', async () => {
    await openKeys(folder, components)
    const stranger = encodeBase32(createSigningKey().seed)
    const root = await readFile(join(folder, 'root.key'))
    await writeFile(join(folder, 'root.key'), stranger)
    await assert.rejects(openKeys(folder, components), { code: 'CORRUPT' })
    await writeFile(join(folder, 'root.key'), root)
    await writeFile(join(folder, 'hot.key'), stranger)
    await assert.rejects(openKeys(folder, components), { code: 'CORRUPT' })
  })
})

describe('verification', () => {
  it('SEAL-8: takes its own signature and refuses it with one bit flipped', () => {
    const key = createSigningKey()
    const verify = createVerify()
    const message = Buffer.from('hello')
    const signature = Buffer.from(key.sign(message))
    assert.equal(verify(key.publicKey, message, signature), true)
    signature[3] = (signature[3] ?? 0) ^ 1
    assert.equal(verify(key.publicKey, message, signature), false)
  })

  it('SEAL-8: what held holds again, and nothing else does because of it', () => {
    const [key, other] = [createSigningKey(), createSigningKey()]
    const verify = createVerify()
    const message = Buffer.from('hello')
    const signature = Buffer.from(key.sign(message))
    for (let times = 0; times < 2; times++) assert.equal(verify(key.publicKey, message, signature), true)
    assert.equal(verify(other.publicKey, message, signature), false)
    assert.equal(verify(key.publicKey, Buffer.from('hellO'), signature), false)
    assert.equal(verify(key.publicKey, Buffer.concat([message, signature]), signature), false)
    for (let bit = 0; bit < 512; bit += 7) {
      const flipped = Buffer.from(signature)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.equal(verify(key.publicKey, message, flipped), false)
    }
    // Past what is kept the oldest go, and hold all the same.
    for (let i = 0; i < 100; i++) assert.ok(verify(key.publicKey, Buffer.from(`${i}`), key.sign(Buffer.from(`${i}`))))
    assert.equal(verify(key.publicKey, message, signature), true)
  })
})
