import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { HearthError } from '../../spec/errors.ts'

/** `backup.json`: what belongs to a backup. It is written last, so a backup that was cut short has none. */
const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Unix ms. */
  createdAt: z.number(),
  /** Entries of the log. */
  position: z.int().min(0),
  files: z.array(
    z.strictObject({
      /** Inside the backup: letters, digits and `-_.`, at most one folder. */
      path: z.string().regex(/^[\w-]+[\w.-]*(\/[\w-]+[\w.-]*)?$/),
      bytes: z.int().min(0),
      sha256: z.string().length(64),
    }),
  ),
})

export type Manifest = z.output<typeof manifestSchema>

export const manifestName = 'backup.json'

/** Throws NOT_FOUND where there is no backup, CORRUPT for a manifest that does not read. */
export const readManifest = async (folder: string): Promise<Manifest> => {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => undefined)
  if (text === undefined) {
    throw new HearthError('NOT_FOUND', `${folder} is no backup, or one that was cut short (it has no ${manifestName})`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new HearthError('CORRUPT', `${manifestName} in ${folder} does not read`, { cause: error })
  }
  const parsed = manifestSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new HearthError(
    'CORRUPT',
    `${manifestName} in ${folder} is not one of Hearth: ${z.prettifyError(parsed.error)}`,
  )
}

export const describeFile = async (folder: string, path: string): Promise<Manifest['files'][number]> => {
  const file = join(folder, path)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return { path, bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

/** Files that are missing or differ from the manifest. */
export const damagedFiles = async (folder: string, manifest: Manifest): Promise<{ path: string; what: string }[]> => {
  const damaged: { path: string; what: string }[] = []
  for (const expected of manifest.files) {
    const found = await describeFile(folder, expected.path).catch(() => undefined)
    if (found === undefined) damaged.push({ path: expected.path, what: 'the file is missing' })
    else if (found.sha256 !== expected.sha256) damaged.push({ path: expected.path, what: 'the file was changed' })
  }
  return damaged
}
