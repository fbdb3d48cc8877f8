// The console: signs in, then shows the page that the address names.
import { render } from 'preact'
import { attendFeed } from './state/feed.ts'
import { startClock } from './state/clock.ts'
import { startRoute } from './state/route.ts'
import { startSession } from './state/session.ts'
import { startTheme } from './state/theme.ts'
import { App } from './views/app.tsx'

startTheme()
startRoute()
startClock()
addEventListener('online', attendFeed)
document.addEventListener('visibilitychange', attendFeed)
void startSession()

const place = document.getElementById('app')
if (place !== null) render(<App />, place)
