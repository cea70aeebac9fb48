import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVerify } from '../../../node/crypto.ts'
import { exportRoot, importRoot, rotateKeys, showKeys } from '../../../node/key-operations.ts'
import { certificateOf, openKeys } from '../../../node/keys.ts'
import { encodeBase32 } from '../../../spec/base32.ts'
import { named } from './servers/fixture.ts'

describe('what an operator does with the keys', () => {
  let base: string
  let folder: string
  const components = { clock: { now: () => 1_790_000_000_000 }, verify: createVerify() }
  const fileIn = (name: string): string => join(base, name)
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'hearth-keys-'))
    folder = join(base, 'keys')
  })
  afterEach(() => rm(base, { recursive: true }))

  it('CERT-3: a rotated key has the next serial, is taken up at the next start, and the one before stays known', async () => {
    const first = await openKeys(folder, components)
    assert.deepEqual(await rotateKeys(folder, {}, components), { serial: 2 })
    assert.equal((await showKeys(folder, components)).next, 2)
    const second = await openKeys(folder, components)
    assert.equal(second.nodeId, first.nodeId)
    assert.notDeepEqual(second.hot.publicKey, first.hot.publicKey)
    assert.equal(certificateOf(components.verify, second.nodeId, second.certificate).serial, 2)
    assert.deepEqual(second.earlier.map(encodeBase32), [encodeBase32(first.certificate)])
    const report = await showKeys(folder, components)
    assert.deepEqual([report.serial, report.earlier, report.next, report.root], [2, 1, undefined, 'here'])
  })

  it('CERT-4: a rotation that revokes says so, also when another one replaces it before a start', async () => {
    const first = await openKeys(folder, components)
    assert.equal(certificateOf(components.verify, first.nodeId, first.certificate).revokesEarlier, false)
    await rotateKeys(folder, { revokeEarlier: true }, components)
    assert.equal((await showKeys(folder, components)).nextRevokes, true)
    await rotateKeys(folder, {}, components)
    const { nodeId, certificate } = await openKeys(folder, components)
    assert.deepEqual(
      (({ serial, revokesEarlier }) => ({ serial, revokesEarlier }))(
        certificateOf(components.verify, nodeId, certificate),
      ),
      { serial: 3, revokesEarlier: true },
    )
  })

  it('asked for twice before a start, the later one counts', async () => {
    await openKeys(folder, components)
    await rotateKeys(folder, {}, components)
    assert.deepEqual(await rotateKeys(folder, {}, components), { serial: 3 })
    const { nodeId, certificate, earlier } = await openKeys(folder, components)
    assert.equal(certificateOf(components.verify, nodeId, certificate).serial, 3)
    assert.equal(earlier.length, 1)
  })

  for (const done of ['hot.key', 'certificate']) {
    it(`a start that was cut short after writing ${done} is completed by the next`, async () => {
      const first = await openKeys(folder, components)
      await rotateKeys(folder, {}, components)
      const next = await readFile(join(folder, 'next'), 'utf8')
      const before = await readFile(join(folder, 'certificate'), 'utf8')
      await openKeys(folder, components)
      await writeFile(join(folder, 'next'), next)
      if (done === 'hot.key') await writeFile(join(folder, 'certificate'), before)
      const keys = await openKeys(folder, components)
      assert.deepEqual(keys.earlier.map(encodeBase32), [encodeBase32(first.certificate)])
    })
  }

  it('the root goes into a file that only its owner reads, and comes back', async () => {
    await openKeys(folder, components)
    await exportRoot(folder, fileIn('root'))
    assert.equal((await stat(fileIn('root'))).mode & 0o077, 0)
    assert.equal((await showKeys(folder, components)).root, 'elsewhere')
    await assert.rejects(exportRoot(folder, fileIn('again')), named('NOT_FOUND'))
    await assert.rejects(rotateKeys(folder, {}, components), named('NOT_ALLOWED', /--root/))
    assert.deepEqual(await rotateKeys(folder, { rootFile: fileIn('root') }, components), { serial: 2 })
    assert.equal((await showKeys(folder, components)).root, 'elsewhere')
    await importRoot(folder, fileIn('root'))
    assert.equal((await openKeys(folder, components)).root === undefined, false)
  })

  it('a file that is there is not written over, and the root stays', async () => {
    await openKeys(folder, components)
    await writeFile(fileIn('taken'), 'mine')
    await assert.rejects(exportRoot(folder, fileIn('taken')), named('EXISTS'))
    assert.equal(await readFile(fileIn('taken'), 'utf8'), 'mine')
    assert.equal((await showKeys(folder, components)).root, 'here')
  })

  it('the root of another node is refused', async () => {
    await openKeys(folder, components)
    await openKeys(fileIn('other'), components)
    await exportRoot(fileIn('other'), fileIn('root'))
    await assert.rejects(importRoot(folder, fileIn('root')), named('NOT_ALLOWED', /another node/))
    await assert.rejects(rotateKeys(folder, { rootFile: fileIn('root') }, components), named('NOT_ALLOWED'))
    await assert.rejects(importRoot(folder, fileIn('nowhere')), named('NOT_FOUND'))
  })

  it('where no node has been there is nothing', async () => {
    await assert.rejects(showKeys(folder, components), named('NOT_FOUND', /start the node/))
  })
})
