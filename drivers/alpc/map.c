// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of sections, what is mapped through them, and secure views.
 *
 * Copyright (C) 2026 The ALPC for Linux authors
 */
#include "section.h"

#include <linux/bitmap.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "inode.h"
#include "port.h"
#include "user.h"

/*
 * Pages that a fault brings in around its own, if they are mapped. Bringing one in
 * costs about half as much as a fault: more would be too dear for secure views,
 * whose pages go each time.
 */
#define ALPC_FAULT_PAGES	16U

static pgoff_t alpc_section_pages(const struct alpc_section *sec)
{
	return sec->len >> PAGE_SHIFT;
}

static bool alpc_page_is_marked(const struct alpc_section *sec, pgoff_t page)
{
	unsigned long *marks = READ_ONCE(sec->marks);

	return marks && page < alpc_section_pages(sec) && test_bit(page, marks);
}

static vm_fault_t alpc_insert_page(struct vm_area_struct *vma,
				   const struct alpc_section *sec, pgoff_t page,
				   bool writable)
{
	unsigned long flags = vma->vm_flags;

	/* What was mapped to be written to, and no more, can be read as well. */
	if (!writable)
		flags = (flags & ~VM_WRITE) | VM_READ;
	return vmf_insert_pfn_prot(vma, vma->vm_start +
				   ((page - vma->vm_pgoff) << PAGE_SHIFT),
				   vmalloc_to_pfn(sec->mem +
						  (page << PAGE_SHIFT)),
				   vm_get_page_prot(flags));
}

/*
 * Bring in the page, and those around it that nothing speaks against. What is
 * mapped already stays as it is.
 */
static vm_fault_t alpc_insert_around(struct vm_fault *vmf,
				     const struct alpc_section *sec, bool own)
{
	struct vm_area_struct *vma = vmf->vma;
	bool marked = own && alpc_page_is_marked(sec, vmf->pgoff);
	pgoff_t page, end;
	vm_fault_t ret;

	if (marked && (vmf->flags & FAULT_FLAG_WRITE))
		return VM_FAULT_SIGSEGV;
	ret = alpc_insert_page(vma, sec, vmf->pgoff, !marked);
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	page = max(round_down(vmf->pgoff, ALPC_FAULT_PAGES), vma->vm_pgoff);
	end = min3(round_down(vmf->pgoff, ALPC_FAULT_PAGES) + ALPC_FAULT_PAGES,
		   vma->vm_pgoff + vma_pages(vma), alpc_section_pages(sec));
	for (; page < end; page++) {
		if (page == vmf->pgoff)
			continue;
		marked = own && alpc_page_is_marked(sec, page);
		if (alpc_insert_page(vma, sec, page, !marked) !=
		    VM_FAULT_NOPAGE)
			break;
	}
	return VM_FAULT_NOPAGE;
}

static vm_fault_t alpc_own_fault(struct vm_fault *vmf)
{
	struct alpc_section *sec = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vmf->pgoff > alpc_section_pages(sec))
		return VM_FAULT_SIGBUS;
	down_read(&sec->faults);
	ret = alpc_insert_around(vmf, sec, true);
	up_read(&sec->faults);
	return ret;
}

/*
 * The first write to a page that was inserted read-only: alpc_own_fault() decides
 * when it comes again.
 */
static vm_fault_t alpc_own_mkwrite(struct vm_fault *vmf)
{
	struct alpc_section *sec = vmf->vma->vm_private_data;
	pgoff_t first = round_down(vmf->pgoff, ALPC_FAULT_PAGES);

	/* Those around it came with it, and are brought in with it again. */
	unmap_mapping_range(sec->inode->i_mapping,
			    (loff_t)first << PAGE_SHIFT,
			    ALPC_FAULT_PAGES << PAGE_SHIFT, 1);
	return VM_FAULT_NOPAGE;
}

static vm_fault_t alpc_peer_fault(struct vm_fault *vmf)
{
	struct alpc_section *sec = vmf->vma->vm_private_data;

	/* The counters are the creator's. */
	if (vmf->pgoff >= alpc_section_pages(sec))
		return VM_FAULT_SIGBUS;
	return alpc_insert_around(vmf, sec, false);
}

/* A debugger looks; what it may not write as the process it does not either. */
static int alpc_map_access(struct vm_area_struct *vma, unsigned long addr,
			   void *buf, int len, int write)
{
	struct alpc_section *sec = vma->vm_private_data;
	u64 at = addr - vma->vm_start + ((u64)vma->vm_pgoff << PAGE_SHIFT);

	if (write || at >= sec->len)
		return -EIO;
	len = min3((u64)len, sec->len - at, (u64)(vma->vm_end - addr));
	memcpy(buf, sec->mem + at, len);
	return len;
}

static const struct vm_operations_struct alpc_own_vm_ops = {
	.fault = alpc_own_fault,
	.pfn_mkwrite = alpc_own_mkwrite,
	.access = alpc_map_access,
};

static const struct vm_operations_struct alpc_peer_vm_ops = {
	.fault = alpc_peer_fault,
	.access = alpc_map_access,
};

static int alpc_map(struct file *file, struct vm_area_struct *vma,
		    const struct vm_operations_struct *ops)
{
	/* A private copy would need pages that can be pinned. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	vm_flags_clear(vma, VM_MAYEXEC);
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTCOPY |
			  VM_DONTDUMP);
	vma->vm_private_data = file->private_data;
	vma->vm_ops = ops;
	return 0;
}

static int alpc_own_mmap(struct file *file, struct vm_area_struct *vma)
{
	return alpc_map(file, vma, &alpc_own_vm_ops);
}

static int alpc_peer_mmap(struct file *file, struct vm_area_struct *vma)
{
	return alpc_map(file, vma, &alpc_peer_vm_ops);
}

static int alpc_own_release(struct inode *inode, struct file *file)
{
	struct alpc_section *sec = file->private_data;

	alpc_section_own_files(sec, -1);
	alpc_section_put(sec);
	return 0;
}

static int alpc_peer_release(struct inode *inode, struct file *file)
{
	struct alpc_section *sec = file->private_data;

	alpc_section_peer_files(sec, -1, NULL);
	alpc_section_put(sec);
	return 0;
}

static void alpc_section_show_fdinfo(struct seq_file *s, struct file *file)
{
	const struct alpc_section *sec = file->private_data;

	seq_printf(s, "alpc-section:\t%u\n", sec->id);
	seq_printf(s, "alpc-length:\t%llu\n", sec->len);
	seq_printf(s, "alpc-references:\t%u\n", refcount_read(&sec->ref));
}

static const struct file_operations alpc_own_fops = {
	.owner = THIS_MODULE,
	.mmap = alpc_own_mmap,
	.release = alpc_own_release,
	.show_fdinfo = alpc_section_show_fdinfo,
	.llseek = noop_llseek,
};

static const struct file_operations alpc_peer_fops = {
	.owner = THIS_MODULE,
	.mmap = alpc_peer_mmap,
	.release = alpc_peer_release,
	.show_fdinfo = alpc_section_show_fdinfo,
	.llseek = noop_llseek,
};

/* The calling thread's user, unless that has come into too many sections. */
static struct alpc_user *alpc_section_opener(void)
{
	struct alpc_user *user = alpc_user_get_current();

	if (!user)
		return ERR_PTR(-ENOMEM);
	if (!alpc_user_fits(user, ALPC_USER_SECTION_BYTES, 0)) {
		alpc_user_put(user);
		return ERR_PTR(-EDQUOT);
	}
	return user;
}

static struct file *alpc_section_open_own(struct alpc_section *sec)
{
	struct file *file = alpc_inode_file(sec->inode, "section", O_RDWR,
					    &alpc_own_fops, sec);

	if (!IS_ERR(file))
		alpc_section_own_files(sec, 1);
	return file;
}

static struct file *alpc_section_open_peer(struct alpc_section *sec,
					   struct inode *comm)
{
	bool write = sec->flags & ALPC_SECTION_PEER_WRITE;
	struct alpc_user *user = alpc_section_opener();
	struct file *file;

	if (IS_ERR(user))
		return ERR_CAST(user);
	file = alpc_inode_file(comm, "section", write ? O_RDWR : O_RDONLY,
			       &alpc_peer_fops, sec);
	/* Not before: what fails here is not closed either. */
	if (IS_ERR(file))
		alpc_user_put(user);
	else
		alpc_section_peer_files(sec, 1, user);
	return file;
}

/**
 * alpc_section_open() - a file to map a section through
 * @sec: section; the caller's reference becomes the file's, unless this fails
 * @own: for the side that created it
 * @comm: inode of the other side's files
 *
 * Return: the file, or an error pointer.
 */
struct file *alpc_section_open(struct alpc_section *sec, bool own,
			       struct inode *comm)
{
	return own ? alpc_section_open_own(sec) :
		     alpc_section_open_peer(sec, comm);
}

/* The marks of a section, made when they are needed first, or NULL without memory. */
static unsigned long *alpc_marks_get(struct alpc_section *sec)
{
	unsigned long *marks = READ_ONCE(sec->marks);
	unsigned long *made;

	if (marks)
		return marks;
	made = kvcalloc(BITS_TO_LONGS(alpc_section_pages(sec)), sizeof(long),
			GFP_KERNEL_ACCOUNT);
	if (!made)
		return NULL;
	marks = cmpxchg(&sec->marks, NULL, made);
	if (!marks)
		return made;
	kvfree(made);
	return marks;
}

/*
 * Mark pages, or take the marks away. Context: the section's lock held; faults look at
 * the marks without it, so each word changes at once.
 */
static void alpc_marks_change(unsigned long *marks, unsigned long first,
			      unsigned long pages, bool marked)
{
	unsigned long end = first + pages;

	while (first < end) {
		unsigned long *word = &marks[BIT_WORD(first)];
		unsigned long next = min(round_down(first, BITS_PER_LONG) +
					 BITS_PER_LONG, end);
		unsigned long mask = GENMASK((next - 1) % BITS_PER_LONG,
					     first % BITS_PER_LONG);

		WRITE_ONCE(*word, marked ? *word | mask : *word & ~mask);
		first = next;
	}
}

/**
 * alpc_section_protect() - let the creator's side read only
 * @sec: section
 * @offset: where, in bytes, a multiple of the page size
 * @len: how far, likewise
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if some of it is protected already; -ENOMEM.
 */
int alpc_section_protect(struct alpc_section *sec, u64 offset, u64 len)
{
	unsigned long first = offset >> PAGE_SHIFT;
	unsigned long pages = len >> PAGE_SHIFT;
	unsigned long *marks = alpc_marks_get(sec);
	int ret = 0;

	if (!marks)
		return -ENOMEM;
	spin_lock(&sec->lock);
	if (find_next_bit(marks, first + pages, first) < first + pages)
		ret = -EBUSY;
	else
		alpc_marks_change(marks, first, pages, true);
	spin_unlock(&sec->lock);
	if (ret)
		return ret;
	/* Faults that have not seen the marks come to their end. */
	down_write(&sec->faults);
	up_write(&sec->faults);
	unmap_mapping_range(sec->inode->i_mapping, offset, len, 1);
	return 0;
}

/**
 * alpc_section_unprotect() - let the creator's side write again
 * @sec: section
 * @offset: as it was protected
 * @len: likewise
 *
 * Context: any that may take a spinlock.
 */
void alpc_section_unprotect(struct alpc_section *sec, u64 offset, u64 len)
{
	spin_lock(&sec->lock);
	alpc_marks_change(READ_ONCE(sec->marks), offset >> PAGE_SHIFT,
			  len >> PAGE_SHIFT, false);
	spin_unlock(&sec->lock);
}

/**
 * alpc_section_count_slot() - tell the creator that a view is free again
 * @sec: section
 * @slot: release counter, 0 for none
 */
void alpc_section_count_slot(struct alpc_section *sec, u32 slot)
{
	atomic_t *counter = sec->mem + sec->len + slot * sizeof(u32);

	/* What the receiver has written is there before. */
	if (slot)
		atomic_inc_return_release(counter);
}
