/**
 * Makes the npm package: JavaScript and declarations instead of TypeScript, because Node strips no types below
 * node_modules. `npm run package [folder]` leaves `hearth-{version}.tgz` there, in `dist/` if none is named.
 */
import { execFile } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** What a package.json says that holds for the package, too. */
const manifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  type: z.literal('module'),
  engines: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.string()),
})

const emitConfig = 'package/emit.tsconfig.json'
const files = ['README.md', 'CHANGELOG.md', 'LICENSE']

const make = async (target: string): Promise<string> => {
  const { exports, ...kept } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  const stage = await mkdtemp(join(tmpdir(), 'hearth-package-'))
  try {
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', emitConfig, '--outDir', stage], {
      cwd: root,
    }).catch((fault: unknown) => {
      throw new Error(`tsc: ${String(Reflect.get(fault as object, 'stdout'))}`, { cause: fault })
    })
    await cp(join(root, 'node/http/pages'), join(stage, 'node/http/pages'), { recursive: true })
    for (const file of files) await copyFile(join(root, file), join(stage, file))
    await mkdir(join(stage, 'bin'))
    await copyFile(join(root, 'package/hearth.sh'), join(stage, 'bin/hearth'))
    await chmod(join(stage, 'bin/hearth'), 0o755)
    const made = { ...kept, bin: { hearth: 'bin/hearth' }, exports: compiled(exports) }
    await writeFile(join(stage, 'package.json'), `${JSON.stringify(made, null, 2)}\n`)
    await mkdir(target, { recursive: true })
    await run('npm', ['pack', '--pack-destination', target], { cwd: stage })
    return join(target, `${kept.name}-${kept.version}.tgz`)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

/** `./sdk` → its JavaScript and its declarations. */
const compiled = (exports: Readonly<Record<string, string>>): Record<string, { types: string; default: string }> =>
  Object.fromEntries(
    Object.entries(exports).map(([name, file]) => [
      name,
      { types: file.replace(/\.ts$/, '.d.ts'), default: file.replace(/\.ts$/, '.js') },
    ]),
  )

console.log(await make(resolve(process.argv[2] ?? join(root, 'dist'))))
