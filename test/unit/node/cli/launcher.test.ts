import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../../../support/repository.ts'

const launcher = join(repository, 'hearth')
/** The tools that the launcher itself uses, and no npm. */
const tools = ['sh', 'dirname', 'readlink', 'find', 'mktemp', 'sleep', 'tail', 'rm', 'cat']

describe('the launcher', () => {
  let folder: string
  let clone: string
  let bin: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-launch-'))
    clone = join(folder, 'my clone')
    bin = join(folder, 'bin')
    await mkdir(clone)
    await mkdir(bin)
    await copyFile(launcher, join(clone, 'hearth'))
    await writeFile(join(clone, 'package-lock.json'), '{}')
    for (const tool of tools) {
      const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim()
      await symlink(path, join(bin, tool))
    }
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const script = async (path: string, text: string) => {
    await writeFile(path, `#!/bin/sh\n${text}\n`)
    await chmod(path, 0o755)
  }
  const run = (file: string, ...words: string[]) => spawnSync(file, words, { encoding: 'utf8', env: { PATH: bin } })
  const fakeNode = join('node_modules', 'node', 'bin', 'node')
  /** An `npm` that installs a Node which prints its arguments. */
  const fakeNpm = () =>
    script(
      join(bin, 'npm'),
      `PATH=/bin:/usr/bin; mkdir -p node_modules/node/bin
       printf '#!/bin/sh\\necho "$HEARTH_COMMAND" "$@"\\n' > ${fakeNode}; chmod +x ${fakeNode}
       echo "npm $*" >> npm.log; touch node_modules/.package-lock.json`,
    )

  it('runs from anywhere, through links', async () => {
    await symlink(launcher, join(folder, 'one'))
    await symlink('one', join(folder, 'two'))
    const { status, stdout } = spawnSync(join(folder, 'two'), ['--version'], { encoding: 'utf8', cwd: folder })
    assert.equal(status, 0)
    assert.match(stdout, /^hearth \d+\.\d+\.\d+ \(Node v24\./)
  })

  it('installs once, then hands over with the words as they are', async () => {
    await fakeNpm()
    const first = run(join(clone, 'hearth'), 'up', 'two words')
    assert.equal(first.status, 0, first.stderr)
    assert.equal(first.stdout, `${clone}/hearth --max-semi-space-size=8 ${clone}/node/cli/main.ts up two words\n`)
    assert.match(first.stderr, /installs its packages/)
    const second = run(join(clone, 'hearth'), 'up')
    assert.equal(second.status, 0)
    assert.equal(second.stderr, '')
  })

  it('installs again when the lock file is newer', async () => {
    await fakeNpm()
    run(join(clone, 'hearth'))
    const later = new Date(Date.now() + 60_000)
    await utimes(join(clone, 'package-lock.json'), later, later)
    assert.match(run(join(clone, 'hearth')).stderr, /installs its packages/)
  })

  it('says what to do when there is no npm', () => {
    const { status, stderr } = run(join(clone, 'hearth'), 'up')
    assert.equal(status, 1)
    assert.match(stderr, /needs npm .*\n.*apt-get install nodejs npm/s)
  })

  it('shows what npm said when it fails', async () => {
    await script(join(bin, 'npm'), 'echo "npm error: the disk is full"; exit 1')
    const { status, stderr } = run(join(clone, 'hearth'), 'up')
    assert.equal(status, 1)
    assert.match(stderr, /failed\. npm said:\nnpm error: the disk is full/)
    await rm(/All that npm said: (\S+)\)/.exec(stderr)?.[1] ?? join(folder, 'none'), { force: true })
  })
})
