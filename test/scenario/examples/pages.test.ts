/** Every example of these pages is done as it stands there, so that none of them rots. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from '../../support/repository.ts'
import { blocksOf, statementsOf } from './blocks.ts'
import { openReader, type Reader } from './reader.ts'
import { typeFaults } from './type-check.ts'

/** One after the other on a new node: those that begin with nobody, and those that take people for granted. */
const sittings = [
  { pages: ['README.md'], people: [], isClone: true },
  { pages: ['docs/mqtt.md'], people: [], isClone: true },
  {
    pages: ['docs/sdk.md', 'spec/accounts.md', 'spec/calls.md', 'spec/inbox.md'],
    people: ['alice', 'bob'],
    isClone: false,
  },
]
const pages = sittings.flatMap((sitting) => sitting.pages)

/** No examples: the usage lines of the command reference, which is generated; a shape with gaps in it. */
const others = new Map([
  ['docs/cli.md', 'sh'],
  ['spec/event.md', 'json'],
])

describe('examples in pages', () => {
  it('stand in pages that are run', async () => {
    const found = globSync(['*.md', '{docs,spec,client}/**/*.md'], { cwd: repository })
    for (const page of found.filter((path) => !pages.includes(path))) {
      for (const { language, line } of await blocksOf(page)) {
        if (language !== '') assert.equal(language, others.get(page), `${page}:${line}: add the page to pages.test.ts`)
      }
    }
  })

  it('in TypeScript are well typed', async () => {
    const blocks = (await Promise.all(pages.map(blocksOf))).flat().filter(({ language }) => language === 'ts')
    assert.ok(blocks.length > 0)
    assert.equal(await typeFaults(blocks), '')
  })

  for (const sitting of sittings) {
    describe(sitting.pages.join(', '), () => {
      const cleanUp = new AsyncDisposableStack()
      let reader: Reader
      before(async () => {
        reader = cleanUp.use(await openReader(sitting))
      })
      after(() => cleanUp.disposeAsync())

      for (const page of sitting.pages) {
        it(`${page} is so`, async function () {
          this.timeout(180_000) // a dozen programs one after the other
          await follow(reader, page)
        })
      }
    })
  }
})

const follow = async (reader: Reader, page: string): Promise<void> => {
  for (const block of await blocksOf(page)) {
    try {
      if (block.language === 'sh') for (const statement of await statementsOf(block)) await reader.type(statement)
      else if (block.language === 'ts') await reader.run(block)
      else if (block.language !== '') assert.fail(`nobody runs ${block.language}`)
    } catch (cause) {
      throw new Error(`${page}:${block.line}: ${cause instanceof Error ? cause.message : ''}`, { cause })
    }
  }
  // … shows `hello@home: the kettle is on`.
  const text = await readFile(join(repository, page), 'utf8')
  for (const [, shown = ''] of text.matchAll(/\bshows `([^`]+)`/g)) await reader.sees(shown)
}
