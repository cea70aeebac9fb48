import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

/** Packages that have a build for browsers; `level` is loaded when a store is opened. */
const packages = new Set(['mqtt', 'zod', 'tweetnacl'])

const importPattern = /^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm

/** Every module that is loaded with this one: files by URL, packages by name. */
const loadedWith = async (entry: URL, seen = new Set<string>()): Promise<Set<string>> => {
  if (seen.has(entry.href)) return seen
  seen.add(entry.href)
  for (const [, from, bare] of (await readFile(entry, 'utf8')).matchAll(importPattern)) {
    const specifier = from ?? bare ?? ''
    if (specifier.startsWith('.')) await loadedWith(new URL(specifier, entry), seen)
    else seen.add(specifier)
  }
  return seen
}

describe('sdk in a browser', () => {
  it('loads nothing of Node, and no package that does', async () => {
    const loaded = await loadedWith(new URL('../../../../client/sdk/index.ts', import.meta.url))
    const foreign = [...loaded].filter((module) => !module.startsWith('file:') && !packages.has(module))
    assert.deepEqual(foreign, [])
    assert.ok(loaded.has('mqtt') && loaded.size > 15, 'the walk has found the modules')
  })

  it('imports nothing of ours but spec', async () => {
    const loaded = await loadedWith(new URL('../../../../client/sdk/index.ts', import.meta.url))
    const ours = [...loaded].filter((module) => module.startsWith('file:'))
    assert.deepEqual(
      ours.filter((module) => !/\/(?:spec|client\/sdk)\/[^/]+(?:\/[^/]+)?$/.test(module)),
      [],
    )
  })
})
