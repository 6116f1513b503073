"""How the page looks, and which keys it listens to."""

from __future__ import annotations

COLOURS = {
    "primary": "#2f4858",
    "abnormal": "#b45309",
    "normal": "#0f766e",
}

# No font is loaded from anywhere: the system's own is used.
STYLE = """
:root { --ink: #1f2933; --quiet: #5b6875; --line: #dde3e8; --ground: #f5f7f8;
  --abnormal: #b45309; --normal: #0f766e; --primary: #2f4858; }
body { background: var(--ground); color: var(--ink);
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
.nicegui-content { padding: 0; gap: 0; align-items: stretch; }
.review-head { position: sticky; top: 0; z-index: 10; background: var(--ground); }
.review-bar { background: #fff; gap: 8px 16px; border-bottom: 1px solid var(--line);
  padding: 10px 20px; display: flex; flex-wrap: wrap; align-items: center; }
.review-title { font-size: 18px; font-weight: 600; line-height: 1.25; margin: 0; }
.review-quiet { color: var(--quiet); font-size: 13px; line-height: 1.4; }
.review-space { flex: 1 1 auto; }
.review-tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.review-banner { background: #fff7e6; border-bottom: 1px solid #f0d9a8; color: #6b4a06;
  padding: 8px 20px; font-size: 14px; }
.review-said { padding: 6px 20px; font-size: 14px; min-height: 32px; line-height: 20px;
  color: var(--ink); }
.review-said.failed { color: #a61b1b; }
.review-progress { padding: 2px 20px; min-height: 32px; }
.review-grid { display: grid; gap: 16px; padding: 4px 20px 20px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
.moment { background: #fff; border: 1px solid var(--line); border-radius: 8px; overflow: hidden;
  border-top: 4px solid var(--line); outline: none; display: flex; flex-direction: column;
  cursor: pointer; scroll-margin: 150px 0; }
.moment.selected { box-shadow: 0 0 0 2px var(--primary); }
.moment.abnormal { border-top-color: var(--abnormal); }
.moment.normal { border-top-color: var(--normal); }
.moment-picture { position: relative; background: #e4e9ed; aspect-ratio: var(--shape, 3 / 2); }
.moment-picture img { width: 100%; height: 100%; object-fit: contain; display: block;
  color: var(--quiet); font-size: 13px; }
.moment-badge { position: absolute; top: 8px; padding: 1px 8px; border-radius: 10px;
  font-size: 13px; font-weight: 600; background: rgba(255, 255, 255, .92); color: var(--ink); }
.moment-rank { left: 8px; }
.moment-change { right: 8px; }
.moment-state { left: 8px; top: auto; bottom: 8px; color: #fff; }
.moment-state.abnormal { background: var(--abnormal); }
.moment-state.normal { background: var(--normal); }
.moment-words { padding: 10px 12px 0; display: flex; flex-direction: column; gap: 2px; }
.moment-line { display: flex; justify-content: space-between; gap: 12px; font-size: 15px; }
.moment-name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.moment-score { font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--quiet); }
.moment-buttons { display: flex; gap: 6px; padding: 8px 10px 10px; align-items: center; }
.moment-buttons .q-btn, .review-tools .q-btn { text-transform: none; min-height: 34px; }
.review-tools .q-btn-group { border: 1px solid var(--line); border-radius: 4px; }
.review-tools .q-btn-group .q-btn { padding: 2px 10px; min-height: 32px; }
.moment-space { flex: 1 1 auto; }
.review-empty { padding: 64px 20px; text-align: center; color: var(--quiet); font-size: 16px; }
.review-more { padding: 0 20px 32px; text-align: center; }
.review-help { padding: 0 20px 24px; }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px; padding: 0 5px;
  background: #fff; font: inherit; font-size: 12px; }
@media (max-width: 600px) {
  .review-bar { padding: 8px 12px; gap: 6px 10px; }
  .review-head { display: contents; }
  .review-status { position: sticky; top: 0; z-index: 10; background: var(--ground); }
  .review-grid { padding: 8px 12px 20px; gap: 12px; }
  .review-said { padding: 6px 12px; }
  .review-said:empty { display: none; }
  .review-banner { padding: 8px 12px; }
  .review-progress { padding: 2px 12px; }
  .review-help { display: none; }
  .review-tools .q-btn-group .q-btn { padding: 2px 7px; }
  .moment { scroll-margin: 12px 0; }
  .review-space { display: none; }
}
"""

# The page's own listener instead of NiceGUI's: keys must work after a click on a button, and the
# space bar must still press a button that was reached by the tab key.
SCRIPT = """
<script>
document.addEventListener('keydown', (event) => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (at.closest && at.closest('input, textarea, select, [role=dialog]')) return;
  const known = ['a', 'n', 'u', 'h', ' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!known.includes(key)) return;
  if (key === ' ' && at.closest && at.closest('button, [role=switch]')) return;
  event.preventDefault();
  const cards = [...document.querySelectorAll('.moment')];
  const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
  emitEvent('review_key', {key: key, columns: columns || 1});
});
</script>
"""
