import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { jsonLines } from '../../support/json-lines.ts'
import { repository } from '../../support/repository.ts'

const run = promisify(execFile)

const script = `
import { connect, openStore, type Session } from 'hearth/sdk'
import { serverList } from 'hearth/calls/server.list'
import { channelList } from 'hearth/calls/channel.list'
import { HearthError, isNodeId } from 'hearth/spec'

const [url = '', invite = ''] = process.argv.slice(2)
const store = await openStore('./store')
const session: Session = await connect({ url, user: 'alice', device: 'packaged', password: invite + ':correct horse', store })
await new Promise<void>((resolve) => {
  const look = (): void => { if (session.state.kind === 'online') resolve() }
  session.onChange(look)
  look()
})
const { servers } = await session.call(serverList, {})
const { channels } = await session.call(channelList, { server: servers[0]!.handle })
await session.enrollDevice()
const { state } = await session.send(channels[0]!.id, 'hello from the package')
if (isNodeId('x') || !(new HearthError('NOT_FOUND') instanceof Error)) throw new Error('spec is another')
await session.close()
console.log(state)
`

describe('the npm package', () => {
  it('runs a node, and gives the SDK and the spec with their types, where it is installed', async () => {
    await using cleanUp = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'hearth-installed-'))
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
    const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
    const { stdout: made } = await run(process.execPath, [join(repository, 'package/make.ts'), join(folder, 'dist')])
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', made.trim()], { cwd: folder, env })

    const config = { compilerOptions: { module: 'nodenext', target: 'es2024', strict: true, types: [], outDir: 'out' } }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, files: ['client.ts'] }))
    await writeFile(
      join(folder, 'client.ts'),
      `declare const process: { argv: string[] }\ndeclare const console: { log(text: string): void }\n${script}`,
    )
    const tsc = join(repository, 'node_modules/typescript/bin/tsc')
    await run(process.execPath, [tsc, '-p', folder]).catch((fault: unknown) => {
      assert.fail(`its types: ${String(Reflect.get(fault as object, 'stdout'))}`)
    })

    const hearth = join(folder, 'node_modules/.bin/hearth')
    const help = await run(hearth, ['help'], { cwd: folder, env })
    assert.match(help.stdout, /start the node/)
    const ports = ['--http-port', '0', '--mqtt-port', '0', '--mqtts-port', '0', '--p2p-port', '0']
    const up = spawn(hearth, ['up', '--json', '--data', join(folder, 'data'), ...ports], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(up, 'close')
    cleanUp.defer(async () => {
      up.kill('SIGTERM')
      await exited
    })
    const { addresses, firstRun } = await readyOf(up.stdout)
    const page = await fetch(new URL('/', addresses.http))
    assert.equal(page.status, 200)
    const said = await run(process.execPath, [join(folder, 'out/client.js'), addresses.mqtt, firstRun.adminInvite], {
      cwd: folder,
    })
    assert.equal(said.stdout.trim(), 'stored')
    const tail = await run(hearth, ['log', 'tail', '--data', join(folder, 'data'), '--json'], { cwd: folder, env })
    assert.match(tail.stdout, /hello from the package/)
  })
})

const ready = z.looseObject({
  addresses: z.looseObject({ http: z.string(), mqtt: z.string() }),
  firstRun: z.looseObject({ adminInvite: z.string() }),
})

const readyOf = async (stdout: NodeJS.ReadableStream): Promise<z.output<typeof ready>> => {
  let text = ''
  for await (const chunk of stdout) {
    text += String(chunk)
    for (const document of jsonLines(text)) {
      const parsed = ready.safeParse(document)
      if (parsed.success) return parsed.data
    }
  }
  throw new Error(`the node was not ready: ${text}`)
}
