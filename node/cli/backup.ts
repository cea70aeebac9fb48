import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { HearthError, errorTable } from '../../spec/errors.ts'
import type { Finding, VerifyReport } from '../admin/components.ts'
import { findCommand } from '../admin/table.ts'
import { damagedFiles, readManifest } from '../backup/manifest.ts'
import { copyBackup, restoreBackup as restore } from '../backup/restore-backup.ts'
import { lockHolder } from '../data-folder/lock.ts'
import { layoutOf } from '../data-folder/layout.ts'
import type { CliIo } from './io.ts'
import type { Invocation } from './parse.ts'
import { jsonText, printable, timeText } from './print.ts'
import { progressLine } from './progress.ts'
import { checked, confirmed } from './remote.ts'

/** Hashes every file, then opens a copy and walks all of it; the backup itself is not touched. */
export const verifyBackup = async (invocation: Invocation, io: CliIo): Promise<number> => {
  const folder = resolve(io.cwd, folderOf(invocation))
  const manifest = await readManifest(folder)
  const files = await damagedFiles(folder, manifest)
  const findings: Finding[] = files.map(({ path, what }) => ({ where: join(folder, path), what }))
  const report = findings.length > 0 ? undefined : await walkCopy(folder, io)
  findings.push(...(report?.findings ?? []))
  const result = { ok: findings.length === 0, position: manifest.position, createdAt: manifest.createdAt, findings }
  if (invocation.common.json === true) io.stdout.write(`${jsonText(result, io.stdout)}\n`)
  else if (result.ok) {
    io.stdout.write(`the backup of ${timeText(manifest.createdAt)} is good: ${manifest.position} entries\n`)
  } else {
    io.stdout.write(`${findings.map((finding) => printable(`${finding.where}: ${finding.what}`)).join('\n')}\n`)
  }
  return result.ok ? 0 : errorTable.CORRUPT.exit
}

export const restoreBackup = async (invocation: Invocation, io: CliIo, data: string): Promise<number> => {
  const from = resolve(io.cwd, folderOf(invocation))
  const into = invocation.input['into']
  const to = typeof into === 'string' ? resolve(io.cwd, into) : data
  const running = await lockHolder(layoutOf(to))
  if (running !== undefined) {
    throw new HearthError('NODE_RUNNING', `a node runs on ${to}: pid ${running}; stop it first (kill ${running})`)
  }
  const command = findCommand('backup restore')
  if (command !== undefined) {
    await confirmed(command, { input: invocation.input, yes: invocation.common.yes === true }, io)
  }
  const restored = await restore(from, to, Date)
  if (invocation.common.json === true) io.stdout.write(`${jsonText(restored, io.stdout)}\n`)
  else {
    const aside = restored.movedTo === undefined ? '' : `; what was there is in ${restored.movedTo}`
    io.stdout.write(`${restored.position} entries restored into ${restored.data}${aside}\n`)
  }
  return 0
}

const folderOf = (invocation: Invocation): string => {
  if (invocation.command !== undefined) checked(invocation.command, invocation.input)
  return String(invocation.input['folder'])
}

const walkCopy = async (folder: string, io: CliIo): Promise<VerifyReport> => {
  const scratch = await mkdtemp(join(tmpdir(), 'hearth-verify-'))
  const progress = progressLine(io)
  try {
    const copy = await copyBackup(folder, await readManifest(folder), scratch)
    const { openStopped } = await import('../stopped-node.ts')
    await using stopped = await openStopped(copy)
    return await stopped.log.verify({
      progress: (report) => progress.show(report),
      signal: new AbortController().signal,
    })
  } finally {
    progress.clear()
    await rm(scratch, { recursive: true, force: true })
  }
}
