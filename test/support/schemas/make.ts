/** `npm run schemas`: writes spec/generated/. A test compares it with what is committed. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { version } from '../../../node/cli/version.ts'
import { deliveryTopics, publishTopics } from '../../../spec/topic-table.ts'
import { repository } from '../repository.ts'
import { asyncApi } from './asyncapi.ts'
import { calls } from './calls.ts'
import { jsonSchemas, referencesOf, type JsonSchema } from './json-schema.ts'

const prefix = '#/$defs/'

/** A document that stands for itself: what it refers to is in its `$defs`. */
const document = (
  schemas: ReadonlyMap<string, JsonSchema>,
  {
    id,
    title,
    roots,
  }: { readonly id: string; readonly title: string; readonly roots: Readonly<Record<string, string>> },
): string => {
  const needed = new Set(Object.values(roots).flatMap((name) => [...referencesOf(schemas, name, prefix)]))
  const named = new Map(Object.entries(roots).map(([as, name]) => [name, as]))
  const definitions = [
    ...Object.entries(roots).map(([as, name]) => [as, schemas.get(name)]),
    ...[...needed].filter((name) => !named.has(name)).map((name) => [name, schemas.get(name)]),
  ]
  return json({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:hearth:${id}`,
    title,
    ...(roots['payload'] !== undefined && { $ref: `${prefix}payload` }),
    $defs: Object.fromEntries(definitions),
  })
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** Every generated file by its path below spec/generated/. */
export const generated = (): ReadonlyMap<string, string> => {
  const schemas = jsonSchemas((name) => `${prefix}${name}`, 'draft-2020-12')
  return new Map([
    ...calls.map(({ method, summary }): [string, string] => [
      `calls/${method}.json`,
      document(schemas, {
        id: `call:${method}`,
        title: summary,
        roots: { input: `${method}.input`, output: `${method}.output` },
      }),
    ]),
    ...publishTopics.map(({ name, summary }): [string, string] => [
      `publish/${name}.json`,
      document(schemas, { id: `publish:${name}`, title: summary, roots: { payload: `publish.${name}` } }),
    ]),
    ...deliveryTopics.map(({ name, summary }): [string, string] => [
      `deliver/${name}.json`,
      document(schemas, { id: `deliver:${name}`, title: summary, roots: { payload: `deliver.${name}` } }),
    ]),
    ['asyncapi.json', json(asyncApi(version))],
  ])
}

export const generatedFolder = join(repository, 'spec', 'generated')

/** What stands there now, apart from words about it. */
export const generatedPaths = async (): Promise<string[]> => {
  const entries = await readdir(generatedFolder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => relative(generatedFolder, join(entry.parentPath, entry.name)))
}

const main = async (): Promise<void> => {
  const files = generated()
  for (const [path, text] of files) {
    await mkdir(dirname(join(generatedFolder, path)), { recursive: true })
    await writeFile(join(generatedFolder, path), text)
  }
  for (const path of await generatedPaths()) if (!files.has(path)) await rm(join(generatedFolder, path))
  console.error(`spec/generated: ${files.size} files`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
