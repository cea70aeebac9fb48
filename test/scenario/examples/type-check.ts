import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from '../../support/repository.ts'
import type { Block } from './blocks.ts'

/** What the compiler says of programs in pages, as its users have them: outside of the clone, with `hearth` linked. */
export const typeFaults = async (blocks: readonly Block[]): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-types-'))
  try {
    await mkdir(join(folder, 'node_modules'))
    await symlink(repository, join(folder, 'node_modules', 'hearth'))
    await symlink(join(repository, 'node_modules', '@types'), join(folder, 'node_modules', '@types'))
    for (const { page, line, text } of blocks) {
      await writeFile(join(folder, `${page.replaceAll('/', '-')}-${line}.ts`), text)
    }
    const settings = {
      extends: join(repository, 'tsconfig.base.json'),
      compilerOptions: {
        composite: false,
        declaration: false,
        emitDeclarationOnly: false,
        noEmit: true,
        types: ['node'],
        lib: ['es2024', 'esnext.disposable', 'dom'],
      },
      include: ['*.ts'],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
    const tsc = join(repository, 'node_modules', '.bin', 'tsc')
    return await promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false']).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
