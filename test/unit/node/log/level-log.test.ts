import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLevelStore } from '../../../../node/store/level-store.ts'
import { retentionSuite } from './retention-suite.ts'
import { logSuite } from './suite.ts'

describe('level log', () => {
  let parent: string
  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'hearth-log-'))
  })
  after(() => rm(parent, { recursive: true, force: true }))

  const open = (name: string) => createLevelStore({ clock: { now: () => 0 } }, { folder: join(parent, name) })
  logSuite('level', open)
  retentionSuite('level', open)
})
