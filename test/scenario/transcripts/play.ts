import type { Scene } from './scenes.ts'
import { openStage, type SiteName } from './stage.ts'

export interface PlayInit {
  readonly nodes: 1 | 2
  /** Killed while a step is under way, or just after: in each, or in this one. */
  readonly kill?: SiteName | undefined
  readonly during?: number
}

/** Plays a scene to its end, checks it, and returns its transcript; what fails has the transcript in its message. */
export const play = async (scene: Scene, { nodes, kill, during }: PlayInit): Promise<string> => {
  const { name, steps } = scene
  await using stage = await openStage(nodes)
  const { transcript } = stage
  try {
    for (const [index, step] of steps.entries()) {
      transcript.note(step.what)
      const isKilled = kill !== undefined && (during === undefined || during === index)
      const killed = isKilled ? stage.kill(kill) : undefined
      await step.run(stage)
      await killed
    }
    transcript.note('and so it is')
    await stage.eventually(() => scene.check(stage))
  } catch (error) {
    throw new Error(`${name}:\n${transcript.text()}`, { cause: error })
  }
  return transcript.text()
}
