/** `npm run transcripts [-- scene …]`: each scene over one node and over two, as MQTT packets. */
import { play } from './play.ts'
import { scenes } from './scenes.ts'

const wanted = process.argv.slice(2)
for (const scene of scenes) {
  if (wanted.length > 0 && !wanted.includes(scene.name)) continue
  for (const nodes of [1, 2] as const) {
    process.stdout.write(`\n== ${scene.name}, ${nodes === 1 ? 'one node' : 'two nodes'} ==\n\n`)
    process.stdout.write(await play(scene, { nodes }))
  }
}
