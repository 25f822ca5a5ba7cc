import { useEffect, useState } from 'preact/hooks'

const KEY = 'stemcell.theme'
type Theme = 'auto' | 'light' | 'dark'
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'dark', dark: 'light', light: 'auto' }

export const THEME_CHANGED = 'stemcell-theme'

/** Goes through: as the system has it, dark, light. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'auto'
  })
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    localStorage.setItem(KEY, theme)
    dispatchEvent(new Event(THEME_CHANGED))
  }, [theme])
  return (
    <button type="button" class="quiet" onClick={() => setTheme(NEXT[theme])} aria-label={`Colours: ${theme}. Change`}>
      {theme === 'auto' ? '◐' : theme === 'dark' ? '●' : '○'} <span class="wide-only">{theme}</span>
    </button>
  )
}
