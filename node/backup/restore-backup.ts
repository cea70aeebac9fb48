import { constants } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HearthError } from '../../spec/errors.ts'
import { damagedFiles, readManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'

export interface Restored {
  readonly data: string
  readonly position: number
  /** Where what stood there before was moved; undefined: nothing did. */
  readonly movedTo: string | undefined
}

/**
 * Makes a data folder out of a backup; whoever calls made sure that no node runs on it. The next start opens new
 * epochs, so that nothing the node said after the backup can be contradicted. Throws CORRUPT for a damaged backup.
 */
export const restoreBackup = async (from: string, data: string, clock: { now(): number }): Promise<Restored> => {
  const manifest = await readManifest(from)
  await refuseDamaged(from, manifest)
  const fresh = await copyBackup(from, manifest, dirname(data))
  try {
    const movedTo = await moveAside(data, clock)
    await rename(fresh, data)
    return { data, position: manifest.position, movedTo }
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
}

/** A copy that may be opened and written, beside `beside`. The caller removes it. */
export const copyBackup = async (from: string, manifest: Manifest, beside: string): Promise<string> => {
  await mkdir(beside, { recursive: true })
  const fresh = await mkdtemp(join(beside, '.hearth-restore-'))
  try {
    for (const { path } of manifest.files) {
      await mkdir(dirname(join(fresh, path)), { recursive: true, mode: 0o700 })
      await copyFile(join(from, path), join(fresh, path), constants.COPYFILE_FICLONE)
    }
    return fresh
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
}

const refuseDamaged = async (from: string, manifest: Manifest): Promise<void> => {
  const damaged = await damagedFiles(from, manifest)
  if (damaged.length === 0) return
  const list = damaged.map(({ path, what }) => `${path}: ${what}`).join('; ')
  throw new HearthError('CORRUPT', `the backup ${from} is damaged (${list}); take another one`)
}

const moveAside = async (data: string, clock: { now(): number }): Promise<string | undefined> => {
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (names === undefined) return undefined
  const aside = `${data}.before-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`
  await rename(data, aside)
  return aside
}
