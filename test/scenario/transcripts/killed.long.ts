import { play } from './play.ts'
import { scenes } from './scenes.ts'

/** Every step of every scene with a node killed under it; `npm run transcripts` prints what they say without that. */
describe('kill -9 in the middle of what two people do', () => {
  for (const scene of scenes) {
    for (const [nodes, kill] of [
      [1, undefined],
      [2, undefined],
      [1, 'oak'],
      [2, 'oak'],
      [2, 'elm'],
    ] as const) {
      const where = nodes === 1 ? 'over one node' : 'over two nodes'
      const what = kill === undefined ? 'nobody is killed' : `${kill} is killed in each step`
      it(`${scene.name} ${where}: ${what}`, async () => void (await play(scene, { nodes, kill })))
    }
  }
})
