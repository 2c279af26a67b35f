.text
.weak console_font
.hidden console_font
console_font: xorl %eax,%eax; ret
.weak epoll_init
.hidden epoll_init
epoll_init: xorl %eax,%eax; ret
.weak epoll_release_file
.hidden epoll_release_file
epoll_release_file: xorl %eax,%eax; ret
.weak file_lock_context_free
.hidden file_lock_context_free
file_lock_context_free: xorl %eax,%eax; ret
.weak futex_exit_robust
.hidden futex_exit_robust
futex_exit_robust: xorl %eax,%eax; ret
.weak futex_wake
.hidden futex_wake
futex_wake: xorl %eax,%eax; ret
.weak inotify_event_slow
.hidden inotify_event_slow
inotify_event_slow: xorl %eax,%eax; ret
.weak inotify_inode_gone
.hidden inotify_inode_gone
inotify_inode_gone: xorl %eax,%eax; ret
.weak inotify_move_event
.hidden inotify_move_event
inotify_move_event: xorl %eax,%eax; ret
.weak inotify_name_event
.hidden inotify_name_event
inotify_name_event: xorl %eax,%eax; ret
.weak locks_remove_file
.hidden locks_remove_file
locks_remove_file: xorl %eax,%eax; ret
.weak locks_remove_posix
.hidden locks_remove_posix
locks_remove_posix: xorl %eax,%eax; ret
.weak oom_kill_someone
.hidden oom_kill_someone
oom_kill_someone: xorl %eax,%eax; ret
.section .note.GNU-stack,"",@progbits
.bss
.weak inotify_nr_watches
.hidden inotify_nr_watches
inotify_nr_watches: .quad 0
