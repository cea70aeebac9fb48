import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repository } from '../../support/repository.ts'

const pages = globSync(['*.md', '{docs,spec,client,test}/**/*.md'], { cwd: repository })

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

describe('links in pages', () => {
  for (const page of pages) {
    it(`${page}: lead somewhere`, () => {
      const text = readFileSync(join(repository, page), 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const file = path === '' ? page : join(dirname(page), path)
        assert.ok(existsSync(join(repository, file)), `${target}: there is no ${file}`)
        if (anchor === undefined || !file.endsWith('.md')) continue
        const anchors = anchorsOf(readFileSync(join(repository, file), 'utf8'))
        assert.ok(anchors.includes(anchor), `${target}: ${file} has no such heading`)
      }
    })
  }
})
