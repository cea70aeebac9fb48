import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { missingTools, packagesOf } from '../../support/setup.ts'

describe('the set-up of the tests', () => {
  it('finds programs that may be run, in any folder of the PATH', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hearth-setup-'))
    try {
      await writeFile(join(folder, 'there'), '')
      await chmod(join(folder, 'there'), 0o755)
      await writeFile(join(folder, 'plain'), '')
      await chmod(join(folder, 'plain'), 0o644)
      const tools = ['there', 'plain', 'absent'].map((program) => ({ program, package: `${program}-package` }))
      const path = ['/nowhere', folder].join(delimiter)
      assert.deepEqual(packagesOf(missingTools(tools, path)), ['plain-package', 'absent-package'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('finds folders by their whole path', () => {
    const tool = (program: string) => ({ program, package: 'some-package' })
    assert.deepEqual(packagesOf(missingTools([tool(tmpdir())], '')), [])
    assert.deepEqual(packagesOf(missingTools([tool('/nowhere/at/all')], '')), ['some-package'])
  })

  it('names each package once, and the headers with the compiler', () => {
    const tool = (program: string, name: string) => ({ program, package: name })
    assert.deepEqual(packagesOf([tool('a', 'x'), tool('b', 'x'), tool('gcc', 'gcc')]), ['x', 'gcc', 'libc6-dev'])
  })
})
